//! [`Example`]: an example of `sse-server` as the program that somebody runs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use serde_json::Value;

use crate::chromium::PATIENCE;
use crate::pipe;

/// The example as a process, which ends with this value at the latest.
pub(crate) struct Example {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Held, since the program must be able to write.
    _log: Receiver<String>,
}

impl Example {
    /// Starts it on a port that will be free for a restart: below those that a system hands out by itself.
    pub(crate) fn start_anywhere(program: &Path) -> Self {
        let first = 20_000 + u16::try_from(std::process::id() % 5_000).expect("it is small");
        (first..first + 100)
            .find_map(|port| Self::start(program, SocketAddr::from(([127, 0, 0, 1], port))))
            .expect("a free port")
    }

    /// Starts it, unless the address is taken.
    pub(crate) fn start(program: &Path, address: SocketAddr) -> Option<Self> {
        let mut child = Command::new(program)
            .arg(address.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let output = pipe::lines(child.stdout.take().expect("it is a pipe"));
        let log = pipe::lines(child.stderr.take().expect("it is a pipe"));
        let example = Self {
            child,
            address,
            _log: log,
        };
        match output.recv_timeout(PATIENCE) {
            Ok(line) => assert_eq!(line, format!("listening on {}", example.url())),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(error) => panic!("the example says nothing: {error}"),
        }
        Some(example)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Builds an example of `sse-server` and returns where it is. Cargo builds examples only with the tests of their own package,
/// and tells nobody where they are.
pub(crate) fn build(example: &str, features: &[&str]) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "sse-server", "--example", example])
        .args(["--features", &features.join(",")])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the example {example} does not build"
    );
    let messages = String::from_utf8(output.stdout).expect("cargo writes JSON");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == example)
        .find_map(|message| Some(message["executable"].as_str()?.into()))
        .expect("cargo says where the example is")
}
