//! [`PublishError`], [`AppendError`]: why an event was not taken.

use std::error::Error;
use std::fmt;

/// Why a hub did not take an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// The event brings an ID of its own. A hub gives the IDs: leave it out.
    HasId,
    /// The name of the topic is empty, or longer than 256 bytes.
    InvalidTopic,
    /// The event is larger than all that the log may hold (`max_bytes` of the builder).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// There are as many topics as there may be (`max_topics` of the builder), and each has subscribers.
    TooManyTopics {
        /// The limit.
        limit: usize,
    },
    /// What a log brought is not one block of an event stream.
    InvalidBlock,
    /// An ID that is not behind the newest one was to be inserted, or the sequence has come to its end.
    OutOfOrder,
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasId => {
                f.write_str("the event brings an ID, but the hub gives the IDs: leave it out")
            }
            Self::InvalidTopic => write!(f, "the name of a topic has 1 to {MAX_TOPIC_BYTES} bytes"),
            Self::TooLarge { limit } => {
                write!(
                    f,
                    "the event does not fit into the log: max_bytes is {limit}"
                )
            }
            Self::TooManyTopics { limit } => {
                write!(
                    f,
                    "no further topic: max_topics is {limit}, and all of them have subscribers"
                )
            }
            Self::InvalidBlock => f.write_str(
                "not a block: lines that end with LF, and a blank line at the end alone",
            ),
            Self::OutOfOrder => f.write_str("the event's ID is not behind the newest one"),
        }
    }
}

impl Error for PublishError {}

/// Why [`Hub::append`](crate::Hub::append) failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendError<E> {
    /// The event cannot be published, whatever the log is.
    Publish(PublishError),
    /// The log failed.
    Log(E),
}

impl<E> fmt::Display for AppendError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publish(error) => error.fmt(f),
            Self::Log(_) => f.write_str("the log did not take the event"),
        }
    }
}

impl<E: Error + 'static> Error for AppendError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Publish(_) => None,
            Self::Log(error) => Some(error),
        }
    }
}

/// What a name may take. It is a key that is kept in memory, so it must not be as long as a peer likes.
pub(crate) const MAX_TOPIC_BYTES: usize = 256;

/// Checks the name of a topic. It never stands on the wire, so any characters will do.
pub(crate) fn check_topic(name: &str) -> Result<(), PublishError> {
    if name.is_empty() || name.len() > MAX_TOPIC_BYTES {
        return Err(PublishError::InvalidTopic);
    }
    Ok(())
}
