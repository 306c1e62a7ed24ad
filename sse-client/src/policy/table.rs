//! A policy as the table of what happens, and what is done then. Written from the decisions themselves.

use std::fmt;

use http::StatusCode;

use super::{Policy, StatusVerdict};
use crate::backoff::MAX_RECONNECTION_TIME;
use crate::redirect::MAX_REDIRECTS;
use crate::retry_after::MAX_RETRY_AFTER;

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |what: &str, then: &str| writeln!(f, "{what:<WIDTH$} {then}");
        let (lost, ended) = if self.reconnect {
            ("reconnect", "reconnect")
        } else {
            ("final error", "the end")
        };
        row("network error, cut body, timeout", lost)?;
        row("end of the body", ended)?;
        row(
            "certificate refused, request that cannot be built",
            "final error",
        )?;
        row(
            "event too large, or ill-formed UTF-8 rejected",
            "error, the stream goes on",
        )?;
        if self.any_content_type {
            row("200, whatever its type", "open")?;
        } else {
            row("200 with an event stream", "open")?;
            row("200 with anything else", "final error")?;
        }
        for (verdict, then) in [
            (StatusVerdict::Stop, "the end".to_owned()),
            (StatusVerdict::Redirect, {
                let asked = if self.standard {
                    "the last URL"
                } else {
                    "the original URL"
                };
                let after = if self.reconnect {
                    format!("; a reconnect asks {asked}")
                } else {
                    String::new()
                };
                format!("follow, up to {MAX_REDIRECTS} in a row{after}")
            }),
            (
                StatusVerdict::Reconnect,
                format!("reconnect, not before Retry-After (up to {MAX_RETRY_AFTER:?})"),
            ),
        ] {
            let statuses = self.statuses(verdict);
            if !statuses.is_empty() {
                row(&statuses, &then)?;
            }
        }
        if self.asks_for_credentials(StatusCode::UNAUTHORIZED) {
            row(
                "401, 407",
                "ask the hook for other credentials, once until an event; final error without one",
            )?;
        }
        row("any other status", "final error")?;
        if self.reconnect {
            row(
                "any of these after a request whose method is not safe",
                "no reconnect, unless resumed or allowed",
            )?;
        }
        if self.classifier.is_some() {
            row(
                "any of these but redirects and bad events",
                "asked of the caller's classifier first",
            )?;
        }
        if !self.reconnect {
            return Ok(());
        }
        let Self {
            floor,
            cap,
            reconnection_time,
            ..
        } = self;
        row(
            "delay before attempt n, with base the reconnection time",
            &format!(
                "from base to max(1.5 base, min({cap:?}, base 2^n)); base is {reconnection_time:?} or set by the \
                 stream, {floor:?} to {MAX_RECONNECTION_TIME:?}"
            ),
        )?;
        let never = || "never".to_owned();
        row(
            "give up after attempts without an event",
            &self
                .max_attempts
                .map_or_else(never, |attempts| attempts.to_string()),
        )?;
        row(
            "give up after time without a connection",
            &self
                .max_downtime
                .map_or_else(never, |time| format!("{time:?}")),
        )?;
        row(
            "give up after fruitless connections in a row",
            &self
                .max_fruitless
                .map_or_else(|| "never".to_owned(), |connections| connections.to_string()),
        )
    }
}

impl Policy {
    /// Lists the statuses with a verdict, neighbours as ranges.
    fn statuses(&self, verdict: StatusVerdict) -> String {
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for code in 100..=999 {
            if !StatusCode::from_u16(code).is_ok_and(|status| self.on_status(status) == verdict) {
                continue;
            }
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => ranges.push((code, code)),
            }
        }
        let ranges: Vec<_> = (ranges.into_iter())
            .map(|(first, last)| match last - first {
                0 => first.to_string(),
                1 => format!("{first}, {last}"),
                _ => format!("{first} to {last}"),
            })
            .collect();
        ranges.join(", ")
    }
}

/// The width of the table's first column.
const WIDTH: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_policy() {
        let table = Policy::resilient().max_attempts(Some(7)).to_string();
        let row = |begins: &str| {
            let line = table.lines().find(|line| line.starts_with(begins));
            line.unwrap_or_else(|| panic!("no row {begins} in\n{table}"))
                .to_owned()
        };
        assert!(row("408, 421, 425, 429, 500, 502 to 504, 520 to 524, 529 ").contains("reconnect"));
        assert!(row("204 ").ends_with("the end"));
        assert!(row("301 to 303, 307, 308 ").ends_with("the original URL"));
        assert!(row("give up after attempts").ends_with('7'));
        assert!(Policy::standard().to_string().contains("the last URL"));
        assert!(!Policy::never().to_string().contains("reconnect"));
        let table = Policy::never().any_content_type(true).classify(|_| None);
        let table = table.to_string();
        assert!(table.contains("whatever its type") && table.contains("classifier first"));
    }
}
