//! [`Chromium`]: a headless browser of this test's own, driven by the `DevTools` protocol over a pipe.
//!
//! The pipe rather than a port: nobody else can talk to it, and the browser ends when the pipe closes, so that it does not
//! outlive this process even if that is killed. The protocol is JSON with a NUL behind each message, which needs no driver
//! program, and so none whose version would have to match.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::page::Page;
use crate::pipe;

/// No single step takes longer, not even on a busy machine. So whoever waits for so long waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A browser. All its processes end with this value at the latest.
pub(crate) struct Chromium(RefCell<Process>);

struct Process {
    child: Child,
    /// Taken away to close the pipe.
    commands: Option<ChildStdin>,
    /// Answers and events.
    messages: Receiver<Value>,
    /// What came while something else was waited for.
    events: VecDeque<Value>,
    complaints: Receiver<String>,
    last_id: u64,
    profile: PathBuf,
}

impl Chromium {
    /// Starts a browser with a new profile.
    pub(crate) fn start() -> Self {
        assert!(
            Path::new(PROGRAM).is_file(),
            "{PROGRAM} is missing: scripts/setup installs it"
        );
        let profile = new_profile();
        let mut child = Command::new("sh")
            // The browser reads commands from descriptor 3 and writes answers to descriptor 4.
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#, "sh"])
            .arg(PROGRAM)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .env("HOME", &profile)
            .env("XDG_CONFIG_HOME", profile.join("config"))
            .env("XDG_CACHE_HOME", profile.join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let messages = pipe::records(child.stdout.take().expect("it is a pipe"), 0, |message| {
            serde_json::from_slice(message).expect("the browser writes JSON")
        });
        let complaints = pipe::lines(child.stderr.take().expect("it is a pipe"));
        let chromium = Self(RefCell::new(Process {
            commands: child.stdin.take(),
            child,
            messages,
            events: VecDeque::new(),
            complaints,
            last_id: 0,
            profile,
        }));
        chromium.command(None, "Browser.getVersion", &json!({}));
        chromium
    }

    /// The number that all of its releases of some weeks have in common.
    pub(crate) fn major_version(&self) -> String {
        let version = self.command(None, "Browser.getVersion", &json!({}));
        let product = version["product"].as_str().expect("a product");
        let version = product.split_once('/').expect("a version").1;
        version.split('.').next().expect("a number").to_owned()
    }

    /// Opens an empty page.
    pub(crate) fn page(&self) -> Page<'_> {
        let create = json!({"url": "about:blank"});
        let target = self.command(None, "Target.createTarget", &create);
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.command(None, "Target.attachToTarget", &attach);
        Page::new(self, session["sessionId"].as_str().expect("a session"))
    }

    /// Sends a command and waits for its result.
    pub(crate) fn command(&self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.0.borrow_mut().command(session, method, parameters)
    }

    /// Waits for an event of a page. Those that came since the page was opened count, each once.
    pub(crate) fn event(&self, session: &str, method: &str) -> Value {
        let is_it = |event: &Value| event["sessionId"] == session && event["method"] == method;
        self.0.borrow_mut().event(method, is_it)
    }

    /// Takes out the events of a page that have come so far.
    pub(crate) fn events(&self, session: &str, methods: &[&str]) -> Vec<Value> {
        let events = &mut self.0.borrow_mut().events;
        let (taken, left): (VecDeque<_>, _) = events.drain(..).partition(|event| {
            event["sessionId"] == session
                && event["method"]
                    .as_str()
                    .is_some_and(|m| methods.contains(&m))
        });
        *events = left;
        taken.into()
    }
}

impl Process {
    fn command(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let pipe = self.commands.as_mut().expect("the pipe is open");
        if let Err(error) = pipe.write_all(&bytes) {
            self.give_up(&format!("it does not take {method}: {error}"));
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.message(deadline, method);
            if message["id"] != id {
                self.events.push_back(message);
                continue;
            }
            if let Some(error) = message.get("error") {
                self.give_up(&format!("{method} fails: {error}"));
            }
            return message["result"].clone();
        }
    }

    fn event(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(place) = self.events.iter().position(&is_it) {
            return self.events.remove(place).expect("it is there");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self.message(deadline, what);
            if is_it(&message) {
                return message;
            }
            self.events.push_back(message);
        }
    }

    fn message(&mut self, deadline: Instant, what: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.messages.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => self.give_up(&format!("no answer to {what}")),
            Err(RecvTimeoutError::Disconnected) => self.give_up(&format!("it ended at {what}")),
        }
    }

    fn give_up(&mut self, why: &str) -> ! {
        let complaints: Vec<_> = self.complaints.try_iter().collect();
        let events: Vec<_> = self.events.iter().map(Value::to_string).collect();
        panic!(
            "Chromium: {why}\nIt has said:\n{}\nIts last events:\n{}",
            complaints.join("\n"),
            events[events.len().saturating_sub(20)..].join("\n")
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends when the pipe closes. If it does not want to, it has to.
        drop(self.commands.take());
        if !pipe::closes_within(END_PATIENCE, &self.messages) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        // All its processes have inherited this pipe, and end when the main one has.
        let are_gone = pipe::closes_within(END_PATIENCE, &self.complaints);
        let _ = fs::remove_dir_all(&self.profile);
        if !are_gone && !thread::panicking() {
            panic!("processes of Chromium are left behind");
        }
    }
}

/// A folder that nothing else uses.
fn new_profile() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("chromium-{}-{number}", std::process::id()));
    // Left behind by a process of the same number that was killed.
    let _ = fs::remove_dir_all(&profile);
    fs::create_dir_all(&profile).expect("a folder for the profile");
    profile
}

/// Where Debian's package puts it.
const PROGRAM: &str = "/usr/bin/chromium";

const FLAGS: [&str; 13] = [
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    // Containers often have little of it.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    // Nothing but loopback.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    // A page that waits must not be put to sleep.
    "--disable-background-timer-throttling",
];

/// How long the end of a browser may take.
const END_PATIENCE: Duration = Duration::from_secs(20);
