//! Events on standard output: a format, a limit, and a buffer that is written before the command waits.

mod data;
mod json;
mod pretty;
mod sse;
mod stdout;

use std::io;

use clap::ValueEnum;
use sse_codec::EventRef;

use crate::exit::Exit;
use crate::notes::Notes;
use sse::Sse;
use stdout::Stdout;

pub(crate) use stdout::reader_left;

/// What an event looks like on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: type, ID and data, in colours on a terminal
    Pretty,
    /// The data and a newline
    Data,
    /// A JSON object on a line of its own
    Json,
    /// An event stream, for another reader of event streams
    Sse,
}

/// What standard output is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// A terminal, so what the peer sends is escaped.
    pub(crate) is_terminal: bool,
    /// Colours are wanted.
    pub(crate) colours: bool,
}

/// Takes events, and writes them to standard output.
///
/// Where a method returns an [`Exit`] as its error, the command has to end with it, and all that is to be said about it
/// has been said.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    terminal: Terminal,
    sse: Sse,
    /// How many more events are wanted.
    wanted: u64,
    buffer: Vec<u8>,
    stdout: Stdout,
    notes: Notes,
}

impl Output {
    pub(crate) fn new(
        format: Format,
        terminal: Terminal,
        max_events: Option<u64>,
        notes: Notes,
    ) -> Self {
        Self {
            format,
            terminal,
            sse: Sse::default(),
            wanted: max_events.unwrap_or(u64::MAX),
            buffer: Vec::new(),
            stdout: Stdout::default(),
            notes,
        }
    }

    /// Adds an event. The error is `Exit::Ended` if it was the last that is wanted.
    pub(crate) fn push(&mut self, event: EventRef<'_>) -> Result<(), Exit> {
        let Terminal {
            is_terminal,
            colours,
        } = self.terminal;
        let buffer = &mut self.buffer;
        match self.format {
            Format::Pretty => pretty::write(event, is_terminal, colours, buffer),
            Format::Data => data::write(event, is_terminal, buffer),
            Format::Json => json::write(event, is_terminal, buffer),
            Format::Sse => self.sse.write(event, is_terminal, buffer),
        }
        self.wanted = self.wanted.saturating_sub(1);
        if self.wanted == 0 {
            Err(Exit::Ended)
        } else {
            Ok(())
        }
    }

    /// Says whether enough is buffered that it should be written, even if more events are at hand.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= FULL
    }

    /// Writes what is buffered.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost or written twice if the future is dropped and `flush` called again.
    pub(crate) async fn flush(&mut self) -> Result<(), Exit> {
        match self.stdout.write(&mut self.buffer).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Exit::Ended),
            Err(error) => {
                self.notes
                    .error(format_args!("cannot write to standard output: {error}"));
                Err(Exit::Internal)
            }
        }
    }
}

/// As much as a pipe holds on Linux.
const FULL: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::Level;
    use sse_codec::Event;

    pub(super) fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut buffer = Vec::new();
        write(&mut buffer);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn the_last_wanted_event_is_taken_and_ends_the_command() {
        let terminal = Terminal {
            is_terminal: false,
            colours: false,
        };
        let mut output = Output::new(Format::Data, terminal, Some(2), Notes::new(Level::Quiet));
        let event = Event::new("", "x", "");
        assert_eq!(output.push(event.as_ref()), Ok(()));
        assert_eq!(output.push(event.as_ref()), Err(Exit::Ended));
        assert_eq!(output.buffer, b"x\nx\n");
    }
}
