//! [`Chromium`]: a headless browser of this test's own, driven by `chromedriver`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::page::Page;
use crate::pipe;

/// No single step takes longer, not even on a busy machine. So whoever waits for so long waits in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A browser and its driver. All their processes end with this value at the latest.
pub(crate) struct Chromium {
    runtime: Runtime,
    /// Taken away to end the session.
    session: Option<Client>,
    driver: Driver,
}

impl Chromium {
    /// Starts a browser with a new profile.
    pub(crate) fn start() -> Self {
        let (driver, port) = Driver::start();
        let arguments: Vec<_> = (FLAGS.iter().copied().map(str::to_owned))
            .chain([format!("--user-data-dir={}", driver.profile.display())])
            .collect();
        let capabilities = json!({
            "goog:chromeOptions": {"binary": BROWSER, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {
                "script": DRIVER_PATIENCE.as_millis(),
                "pageLoad": DRIVER_PATIENCE.as_millis(),
            },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().expect("an object").clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let url = format!("http://127.0.0.1:{port}/");
        let session =
            runtime.block_on(async { tokio::time::timeout(PATIENCE, builder.connect(&url)).await });
        let session = match session {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => driver.give_up(&format!("it does not start: {error}")),
            Err(_) => driver.give_up("it does not start in time"),
        };
        Self {
            runtime,
            session: Some(session),
            driver,
        }
    }

    /// The number that all of its releases of some weeks have in common.
    pub(crate) fn major_version(&self) -> String {
        let capabilities = self.session().capabilities().expect("capabilities");
        let version = capabilities["browserVersion"].as_str().expect("a version");
        version.split('.').next().expect("a number").to_owned()
    }

    /// Its page, which is empty at first.
    pub(crate) fn page(&self) -> Page<'_> {
        Page(self)
    }

    /// Does something by means of the driver, and waits for what comes of it.
    pub(crate) fn drive<T>(
        &self,
        what: &str,
        command: impl AsyncFnOnce(&Client) -> Result<T, CmdError>,
    ) -> T {
        let command = command(self.session());
        let result = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, command).await });
        match result {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => self.driver.give_up(&format!("{what} fails: {error}")),
            Err(_) => self.driver.give_up(&format!("no answer to: {what}")),
        }
    }

    fn session(&self) -> &Client {
        self.session.as_ref().expect("it ends with this value")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ends the browser. If it does not want to, it ends with the driver.
        if let Some(session) = self.session.take() {
            let _ = self
                .runtime
                .block_on(async { tokio::time::timeout(END_PATIENCE, session.close()).await });
        }
    }
}

/// The driver as a process group, which ends with this value, or with this process if that is killed.
struct Driver {
    shell: Child,
    /// Taken away to end the group.
    leash: Option<ChildStdin>,
    complaints: Receiver<String>,
    /// Held, since the driver must be able to write.
    output: Receiver<String>,
    profile: PathBuf,
}

impl Driver {
    /// Starts it on a free port of the loopback interface.
    fn start() -> (Self, u16) {
        for program in [DRIVER, BROWSER] {
            assert!(
                Path::new(program).is_file(),
                "{program} is missing: scripts/setup installs it"
            );
        }
        let profile = new_profile();
        let mut shell = Command::new("sh")
            .args(["-c", LEASH, "sh", DRIVER, "--port=0"])
            // So that what the browser complains about can be shown, and the end of its last process be seen.
            .arg("--enable-chrome-logs")
            .env("HOME", &profile)
            .env("XDG_CONFIG_HOME", profile.join("config"))
            .env("XDG_CACHE_HOME", profile.join("cache"))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let driver = Self {
            leash: shell.stdin.take(),
            output: pipe::lines(shell.stdout.take().expect("it is a pipe")),
            complaints: pipe::lines(shell.stderr.take().expect("it is a pipe")),
            shell,
            profile,
        };
        let deadline = Instant::now() + PATIENCE;
        let port = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = driver.output.recv_timeout(left) else {
                driver.give_up("the driver does not start")
            };
            if let Some((_, port)) = line.split_once(READY) {
                break port.trim_end_matches('.').parse().expect("a port");
            }
        };
        (driver, port)
    }

    fn give_up(&self, why: &str) -> ! {
        let complaints: Vec<_> = self.complaints.try_iter().collect();
        panic!("Chromium: {why}\nIt has said:\n{}", complaints.join("\n"));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.shell.wait();
        // All processes have inherited this pipe.
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

// Where Debian's packages put them.
const DRIVER: &str = "/usr/bin/chromedriver";
const BROWSER: &str = "/usr/bin/chromium";

/// Starts a program, and ends its whole process group when standard input ends.
const LEASH: &str = r#""$@" & cat >/dev/null; kill -KILL 0"#;

/// What the driver says before the port when it is ready.
const READY: &str = "started successfully on port ";

const FLAGS: [&str; 14] = [
    "--headless",
    // Rather than a port: nobody but the driver can talk to it, and the browser ends when the driver does.
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
    // Those of our servers are made for the test.
    "--ignore-certificate-errors",
    // A page that waits must not be put to sleep.
    "--disable-background-timer-throttling",
];

/// How long the driver lets a page load and a script run. When it gives up, it says more than we could.
const DRIVER_PATIENCE: Duration = Duration::from_secs(50);

/// How long the end of a browser may take.
const END_PATIENCE: Duration = Duration::from_secs(20);
