//! [`Payload`]: an event that is encoded but for its ID.

use bytes::{Bytes, BytesMut};
use sse_codec::{Encoder, OutgoingEvent};

use super::error::PublishError;
use crate::event_id::EventId;

/// An encoded event that has no ID yet.
///
/// A hub encodes an event once, before it is known which ID the event gets. The ID's line is then put in front, into
/// room that was left for it, without a copy.
#[derive(Clone, Debug)]
pub struct Payload {
    /// [`HEADROOM`] bytes of room, then the block.
    buffer: BytesMut,
}

impl Payload {
    /// Encodes an event.
    ///
    /// # Errors
    ///
    /// [`PublishError::HasId`] if the event brings an ID: those of a hub's events are the hub's.
    pub(crate) fn encode(event: &OutgoingEvent<'_>) -> Result<Self, PublishError> {
        let len = Encoder::encoded_len(event);
        let mut buffer = BytesMut::with_capacity(HEADROOM + len + 1);
        buffer.resize(HEADROOM, 0);
        Encoder::new().encode(event, &mut buffer);
        let mut payload = Self { buffer };
        if payload.has_id() {
            return Err(PublishError::HasId);
        }
        // A comment alone is written without a blank line. With an ID in front it needs one.
        let block = payload.block();
        if block != b"\n" && !block.ends_with(b"\n\n") {
            payload.buffer.extend_from_slice(b"\n");
        }
        Ok(payload)
    }

    /// Makes one of a block that another process got by [`block`](Self::block), for a [`Log`](crate::Log) that is shared.
    ///
    /// # Errors
    ///
    /// [`PublishError::InvalidBlock`] if it is not one block: if it does not end with its only blank line, or has a CR.
    /// [`PublishError::HasId`] if it has an `id` line.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_server::Payload;
    ///
    /// let payload = Payload::from_block(b"event: news\ndata: hello\n\n")?;
    /// assert_eq!(payload.block(), b"event: news\ndata: hello\n\n");
    /// assert!(Payload::from_block(b"data: one\n\ndata: forged\n\n").is_err());
    /// # Ok::<(), sse_server::PublishError>(())
    /// ```
    pub fn from_block(block: &[u8]) -> Result<Self, PublishError> {
        let mut lines = block
            .strip_suffix(b"\n")
            .ok_or(PublishError::InvalidBlock)?
            .split_inclusive(|byte| *byte == b'\n');
        // What follows an `id` line in a block counts, so each line is looked at.
        if lines.any(|line| line == b"\n" || !line.ends_with(b"\n") || line.contains(&b'\r')) {
            return Err(PublishError::InvalidBlock);
        }
        let mut lines = block.split(|byte| *byte == b'\n');
        if lines.any(|line| line == b"id" || line.starts_with(b"id:")) {
            return Err(PublishError::HasId);
        }
        let mut buffer = BytesMut::with_capacity(HEADROOM + block.len());
        buffer.resize(HEADROOM, 0);
        buffer.extend_from_slice(block);
        Ok(Self { buffer })
    }

    /// Returns the block: the event's lines and a blank line, without an `id` line.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        self.buffer.get(HEADROOM..).unwrap_or_default()
    }

    /// Puts the ID's line in front.
    pub(crate) fn seal(mut self, id: EventId) -> Bytes {
        let Some(room) = self.buffer.get_mut(..HEADROOM) else {
            return Bytes::new();
        };
        let start = write_id_line(id, room);
        self.buffer.freeze().slice(start..)
    }

    /// How many bytes of memory it takes.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Tells whether there is an `id` line, which the encoder writes behind the comments and before all else.
    fn has_id(&self) -> bool {
        let mut lines = self.block().split(|byte| *byte == b'\n');
        lines
            .find(|line| !line.starts_with(b":"))
            .is_some_and(|line| line.starts_with(b"id:"))
    }
}

/// Makes a block that has an ID and nothing else: it moves the reader's last event ID, and dispatches no event.
pub(crate) fn id_only(id: EventId) -> Bytes {
    let mut buffer = BytesMut::with_capacity(HEADROOM + 1);
    buffer.resize(HEADROOM, 0);
    let start = write_id_line(id, &mut buffer);
    buffer.extend_from_slice(b"\n");
    buffer.freeze().slice(start..)
}

/// Writes `id: ID` and a line end into the end of `room`, which is [`HEADROOM`] long, and returns where it starts.
fn write_id_line(id: EventId, room: &mut [u8]) -> usize {
    let end = room.len().saturating_sub(1);
    let mut start = 0;
    if let Some((line_end, front)) = room.split_last_mut() {
        *line_end = b'\n';
        start = id.write_at_end(front).saturating_sub(NAME.len());
    }
    debug_assert!(start < end, "there is room for every ID");
    if let Some(name) = room.get_mut(start..start + NAME.len()) {
        name.copy_from_slice(NAME);
    }
    start
}

const NAME: &[u8] = b"id: ";

/// What the longest ID's line takes.
const HEADROOM: usize = NAME.len() + EventId::MAX_LEN + 1;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sse_codec::{EventType, LastEventId};

    use super::*;

    fn sealed(event: &OutgoingEvent<'_>, id: EventId) -> Bytes {
        Payload::encode(event).unwrap().seal(id)
    }

    #[test]
    fn the_id_stands_in_front() {
        let id = EventId::new(7, 1);
        for (event, bytes) in [
            (OutgoingEvent::new().data("x"), "id: 7-1\ndata: x\n\n"),
            (OutgoingEvent::new().data(""), "id: 7-1\ndata:\n\n"),
            (
                OutgoingEvent::new().data("\n\nid: 1"),
                "id: 7-1\ndata:\ndata:\ndata: id: 1\n\n",
            ),
            (OutgoingEvent::new(), "id: 7-1\n\n"),
            (OutgoingEvent::new().comment("c"), "id: 7-1\n:c\n\n"),
            (OutgoingEvent::new().comment("\n"), "id: 7-1\n:\n:\n\n"),
            (
                OutgoingEvent::new().comment("c").data("x"),
                "id: 7-1\n:c\ndata: x\n\n",
            ),
            (
                OutgoingEvent::new().reconnection_time(Duration::from_secs(1)),
                "id: 7-1\nretry: 1000\n\n",
            ),
            (
                OutgoingEvent::new()
                    .event_type(EventType::from_static("id: 4"))
                    .data("x"),
                "id: 7-1\nevent: id: 4\ndata: x\n\n",
            ),
        ] {
            assert_eq!(sealed(&event, id), bytes);
        }
        assert_eq!(id_only(id), "id: 7-1\n\n");
    }

    #[test]
    fn the_longest_id_has_room() {
        let id = EventId::new(u64::MAX, u64::MAX);
        let expected = format!("id: {id}\ndata: x\n\n");
        assert_eq!(sealed(&OutgoingEvent::new().data("x"), id), expected);
        assert_eq!(id_only(id), format!("id: {id}\n\n"));
        assert_eq!(expected.len(), HEADROOM + "data: x\n\n".len());
    }

    #[test]
    fn an_event_with_an_id_of_its_own_is_refused() {
        for id in ["", "1"] {
            let id = LastEventId::new(id).unwrap();
            let event = OutgoingEvent::new()
                .comment("id\nid: ")
                .last_event_id(id)
                .data("x");
            assert_eq!(Payload::encode(&event).unwrap_err(), PublishError::HasId);
        }
    }

    #[test]
    fn a_block_comes_back_as_it_was() {
        let type_of_id = EventType::from_static("id: 4");
        for event in [
            OutgoingEvent::new().data("x\ny"),
            OutgoingEvent::new().data("\n\nid: 1"),
            OutgoingEvent::new(),
            OutgoingEvent::new().comment("id: 1\n"),
            OutgoingEvent::new().event_type(type_of_id).data("x"),
        ] {
            let payload = Payload::encode(&event).unwrap();
            let copy = Payload::from_block(payload.block()).unwrap();
            let id = EventId::new(1, 2);
            assert_eq!(copy.seal(id), payload.seal(id));
        }
    }

    #[test]
    fn what_is_not_one_block_without_an_id_is_refused() {
        for block in [
            "",
            "data: x",
            "data: x\n",
            "\n\n",
            "data: x\n\n\n",
            "\ndata: x\n\n",
            "data: x\n\ndata: y\n\n",
            "data: x\r\n\r\n",
            "data: x\rid: 1\n\n",
        ] {
            let error = Payload::from_block(block.as_bytes()).unwrap_err();
            assert_eq!(error, PublishError::InvalidBlock, "{block:?}");
        }
        for block in ["id\n\n", "id: 1\n\n", "data: x\nid:\n\n"] {
            let error = Payload::from_block(block.as_bytes()).unwrap_err();
            assert_eq!(error, PublishError::HasId, "{block:?}");
        }
    }

    #[test]
    fn a_copy_is_sealed_on_its_own() {
        let payload = Payload::encode(&OutgoingEvent::new().data("x")).unwrap();
        let copy = payload.clone();
        assert_eq!(payload.seal(EventId::new(1, 2)), "id: 1-2\ndata: x\n\n");
        assert_eq!(copy.block(), b"data: x\n\n");
        assert_eq!(copy.seal(EventId::new(3, 4)), "id: 3-4\ndata: x\n\n");
    }
}
