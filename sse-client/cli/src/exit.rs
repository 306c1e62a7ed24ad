//! The exit codes: one enum, from which `--help` and the README's table come.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How the command ends, as a script sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Ended,
    Internal,
    Usage,
    Connect,
    ClientStatus,
    ServerStatus,
    NotEventStream,
    Timeout,
    Strict,
    RetriesExhausted,
    /// Reserved, so that no other meaning takes the number.
    Exec,
    /// Reserved, so that no other meaning takes the number.
    Expect,
    Interrupted,
    Terminated,
}

impl Exit {
    pub(crate) const ALL: [Self; 14] = [
        Self::Ended,
        Self::Internal,
        Self::Usage,
        Self::Connect,
        Self::ClientStatus,
        Self::ServerStatus,
        Self::NotEventStream,
        Self::Timeout,
        Self::Strict,
        Self::RetriesExhausted,
        Self::Exec,
        Self::Expect,
        Self::Interrupted,
        Self::Terminated,
    ];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ended => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Connect => 3,
            Self::ClientStatus => 4,
            Self::ServerStatus => 5,
            Self::NotEventStream => 6,
            Self::Timeout => 7,
            Self::Strict => 8,
            Self::RetriesExhausted => 9,
            Self::Exec => 10,
            Self::Expect => 11,
            // 128 and the number of the signal, as shells report a process that a signal ended.
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// One line for the table. Short enough for a terminal of 80 columns.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Ended => "the stream ended, the limit was reached, or the reader left",
            Self::Internal => "internal error, or standard input or output failed",
            Self::Usage => "wrong usage",
            Self::Connect => "could not connect, or lost the connection for good",
            Self::ClientStatus => "the server answered with an HTTP status 4xx",
            Self::ServerStatus => "the server answered with an HTTP status 5xx",
            Self::NotEventStream => "the answer is not an event stream",
            Self::Timeout => "timeout",
            Self::Strict => "ill-formed UTF-8 or an event over the limit, with --strict",
            Self::RetriesExhausted => "all the attempts of --max-attempts failed",
            Self::Exec | Self::Expect => "reserved",
            Self::Interrupted => "ended by SIGINT (Ctrl-C)",
            Self::Terminated => "ended by SIGTERM",
        }
    }

    /// Returns the table that `--help` shows, a line for each code.
    pub(crate) fn table() -> String {
        let mut table = String::new();
        for exit in Self::ALL {
            // Writing to a `String` cannot fail.
            let _ = writeln!(table, "  {:>3}  {}", exit.code(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_so_that_none_is_given_twice() {
        assert!(
            Exit::ALL
                .windows(2)
                .all(|pair| pair[0].code() < pair[1].code())
        );
    }

    #[test]
    fn the_table_fits_a_terminal_of_80_columns() {
        let table = Exit::table();
        assert_eq!(table.lines().count(), Exit::ALL.len());
        assert!(table.lines().all(|line| line.len() < 80), "{table}");
    }
}
