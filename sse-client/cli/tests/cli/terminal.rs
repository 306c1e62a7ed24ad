//! What a terminal gets: pretty by default, colours unless they are unwanted, and nothing from the peer that it would
//! obey.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::support::{PATIENCE, Running, command};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Type, ID and data that would clear the screen, or turn text around.
const HOSTILE: &[u8] =
    "id: \u{9b}2J\nevent: \x1bc\ndata: a\u{202e}b\tc\ndata: \x1b[2J\n\n".as_bytes();

fn pseudo_terminal() -> (File, File) {
    let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .expect("a pseudo-terminal");
    grantpt(&ours).expect("granted");
    unlockpt(&ours).expect("unlocked");
    let name = ptsname(&ours, Vec::new()).expect("a name");
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("the terminal");
    (ours.into(), theirs)
}

/// Runs the command with a terminal as standard output, and returns what the terminal was sent.
fn on_terminal(command: &mut Command, input: &[u8]) -> String {
    let (mut ours, theirs) = pseudo_terminal();
    let mut running = Running::start_with_stdout(command.stdin(Stdio::piped()), theirs.into());
    // So that nobody but the command has the terminal open.
    command.stdout(Stdio::null());
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut chunk = [0; 1024];
        // The end is an error on Linux, and no bytes elsewhere.
        while let Ok(length @ 1..) = ours.read(&mut chunk) {
            bytes.extend_from_slice(&chunk[..length]);
        }
        let _ = sender.send(bytes);
    });
    std::io::Write::write_all(&mut running.stdin(), input).expect("the command reads");
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let bytes = seen.recv_timeout(PATIENCE).expect("the terminal closes");
    // A terminal makes CRLF of every LF.
    String::from_utf8(bytes)
        .expect("text")
        .replace("\r\n", "\n")
}

#[test]
fn pretty_is_the_default_and_coloured() {
    let seen = on_terminal(&mut command(&["-"]), b"id: 1\ndata: hello\n\n");
    assert_eq!(seen, "\x1b[1;36mmessage\x1b[0m \x1b[2m#1\x1b[0m  hello\n");
}

#[test]
fn colours_can_be_turned_off() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let seen = on_terminal(command(&["-"]).env(name, value), b"id: 1\ndata: hello\n\n");
        assert_eq!(seen, "message #1  hello\n", "{name}");
    }
}

#[test]
fn nothing_from_the_peer_reaches_the_terminal_as_it_is() {
    for (format, shown) in [
        (
            "pretty",
            "\\u{1b}c #\\u{9b}2J\n    a\\u{202e}b\tc\n    \\u{1b}[2J\n",
        ),
        ("data", "a\\u{202e}b\tc\n\\u{1b}[2J\n"),
        (
            "json",
            "{\"type\":\"\\u001bc\",\"id\":\"\\u009b2J\",\"data\":\"a\\u202eb\\tc\\n\\u001b[2J\"}\n",
        ),
        (
            "sse",
            "id: \\u{9b}2J\nevent: \\u{1b}c\ndata: a\\u{202e}b\tc\ndata: \\u{1b}[2J\n\n",
        ),
    ] {
        let seen = on_terminal(command(&["-", "-o", format]).env("NO_COLOR", "1"), HOSTILE);
        // The terminal may expand tabs.
        assert_eq!(seen, shown, "{format}");
    }
}
