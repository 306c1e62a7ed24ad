//! [`EventId`]: the IDs that a hub gives its events.

use std::fmt;
use std::str::FromStr;

use sse_codec::LastEventId;

/// The ID of an event of a [`Hub`](crate::Hub): an epoch and a sequence number, written `epoch-sequence`, both decimal.
///
/// IDs are ordered as the events are: by epoch, then by sequence. The sequence counts all events of a hub, whatever
/// their topic, so one ID says where a client stands in any set of topics. The epoch is another one each time that a
/// hub is made, so that a server that was started again does not take an ID of its predecessor for one of its own.
///
/// # Examples
///
/// ```
/// use sse_server::EventId;
///
/// let id: EventId = "1700000000000-17".parse()?;
/// assert_eq!((id.epoch(), id.sequence()), (1_700_000_000_000, 17));
/// assert!(id < EventId::new(1_700_000_000_000, 18));
/// assert_eq!(id.to_string(), "1700000000000-17");
/// # Ok::<(), sse_server::InvalidEventId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    epoch: u64,
    sequence: u64,
}

impl EventId {
    /// Makes an ID of its two numbers.
    #[must_use]
    pub const fn new(epoch: u64, sequence: u64) -> Self {
        Self { epoch, sequence }
    }

    /// Returns the first number, which tells one life of a hub from another.
    #[must_use]
    pub const fn epoch(self) -> u64 {
        self.epoch
    }

    /// Returns the second number, which counts the events. The first event has 1; 0 is the place before it.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.sequence
    }

    /// Returns the ID of the event behind this one. `None` after 2^64 - 1 events.
    pub(crate) fn next(self) -> Option<Self> {
        let sequence = self.sequence.checked_add(1)?;
        Some(Self { sequence, ..self })
    }

    /// Writes the ID as text into the end of `buffer`, and returns where it starts.
    pub(crate) fn write_at_end(self, buffer: &mut [u8]) -> usize {
        let mut place = buffer.len();
        let mut put = |byte| {
            place = place.saturating_sub(1);
            if let Some(free) = buffer.get_mut(place) {
                *free = byte;
            }
        };
        for (mut number, separator) in [(self.sequence, Some(b'-')), (self.epoch, None)] {
            loop {
                // Less than ten, so nothing is lost.
                put(b'0' + (number % 10) as u8);
                number /= 10;
                if number == 0 {
                    break;
                }
            }
            separator.map(&mut put);
        }
        place
    }

    /// The length of the longest ID as text.
    pub(crate) const MAX_LEN: usize = 2 * 20 + 1;
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

/// Reads an ID exactly as it is written: no signs, no spaces, no zeros in front.
impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let (epoch, sequence) = text.split_once('-').ok_or(InvalidEventId(()))?;
        Ok(Self::new(number(epoch)?, number(sequence)?))
    }
}

impl From<EventId> for LastEventId<'static> {
    fn from(id: EventId) -> Self {
        // Digits and a hyphen are always an ID; the other branch is there so that nothing can panic.
        Self::new(id.to_string()).unwrap_or_else(|_| Self::from(id.sequence))
    }
}

/// The text is not an ID that a hub gives: not two decimal numbers with a hyphen between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEventId(());

impl fmt::Display for InvalidEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not an event ID of a hub: two decimal numbers with a hyphen between are expected",
        )
    }
}

impl std::error::Error for InvalidEventId {}

/// Reads digits. Two texts are never the same number, or one event would have several IDs.
fn number(text: &str) -> Result<u64, InvalidEventId> {
    let canonical =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical {
        text.parse().map_err(|_| InvalidEventId(()))
    } else {
        Err(InvalidEventId(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_is() {
        for (epoch, sequence) in [
            (0, 0),
            (1, 10),
            (u64::MAX, u64::MAX),
            (1_700_000_000_000, 3),
        ] {
            let id = EventId::new(epoch, sequence);
            let text = id.to_string();
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(LastEventId::from(id).as_str(), text);
            let mut buffer = [0; EventId::MAX_LEN];
            let start = id.write_at_end(&mut buffer);
            assert_eq!(buffer[start..], *text.as_bytes());
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "1-2-3",
            "+1-2",
            "1-+2",
            " 1-2",
            "1-2 ",
            "01-2",
            "1-02",
            "1--2",
            "a-b",
            "1_2",
            "18446744073709551616-0",
            "0-18446744073709551616",
            "１-２",
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_is_epoch_then_sequence() {
        assert!(EventId::new(1, 9) < EventId::new(2, 0));
        assert!(EventId::new(1, 9) < EventId::new(1, 10));
        assert_eq!(EventId::new(1, 9).next(), Some(EventId::new(1, 10)));
        assert_eq!(EventId::new(1, u64::MAX).next(), None);
    }
}
