//! `--help`, `--version`, and what is wrong usage.

use crate::support::{Ended, run};

#[test]
fn help_shows_every_flag_and_every_exit_code() {
    let Ended {
        code,
        stdout,
        stderr,
    } = run(&["--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for flag in [
        "-o, --output",
        "-H, --header",
        "-n, --max-events",
        "--last-event-id",
        "--no-reconnect",
        "--wait",
        "--max-attempts",
        "--response-timeout",
        "--utf8",
        "--max-event-bytes",
        "--strict",
        "--demo",
        "-q, --quiet",
        "-v, --verbose",
    ] {
        assert!(stdout.contains(flag), "{flag}");
    }
    let (_, table) = stdout
        .split_once("Exit codes:\n")
        .expect("a table of exit codes");
    let codes: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().next().expect("a code"))
        .collect();
    let expected = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "130", "143",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn help_fits_a_terminal() {
    let help = run(&["-h"]).stdout;
    assert_eq!(help, run(&["--help"]).stdout);
    let widest = help.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(90), "{help}");
}

#[test]
fn version_is_that_of_the_package() {
    let ended = run(&["--version"]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.stdout,
        concat!("sse-client ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    for (arguments, words) in [
        (&[][..], "required"),
        (&["--demo", "http://127.0.0.1/"], "cannot be used with"),
        (&["-", "--wait"], "--wait is about a connection"),
        (&["-", "-H", "A: b"], "--header is about a connection"),
        (&["-", "-n", "0"], "not a whole number above 0"),
        (&["-", "-n", "many"], "not a whole number above 0"),
        (
            &["http://127.0.0.1/", "--max-attempts", "many"],
            "not a whole number above 0",
        ),
        (&["-", "-o", "xml"], "pretty, data, json, sse"),
        (&["-", "--utf8", "ignore"], "replace, reject"),
        (&["-", "--max-event-bytes", "0"], "bytes above 0"),
        (&["-", "-q", "-v"], "cannot be used with"),
        (
            &["http://127.0.0.1/", "--max-attempts", "2", "--no-reconnect"],
            "cannot be used with",
        ),
        (
            &["http://127.0.0.1/", "--response-timeout", "0"],
            "seconds above 0",
        ),
        (
            &["http://127.0.0.1/", "-H", "x"],
            "write it as 'Name: value'",
        ),
        (&["ftp://127.0.0.1/"], "use http:// or https://"),
        (
            &["http://"],
            "empty host; write it like https://example.com/stream",
        ),
        (&["--tail"], "unexpected argument"),
    ] {
        let Ended {
            code,
            stdout,
            stderr,
        } = run(arguments);
        assert_eq!(
            (code, stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}: {stderr}"
        );
        assert!(
            stderr.starts_with("sse-client: "),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}
