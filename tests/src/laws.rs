//! Laws that hold for every input. Each takes the input and answers what is wrong; property tests and fuzz targets
//! bring the input.

use core::time::Duration;

use sse_codec::{Encoder, EventType, LastEventId, OutgoingEvent};

use crate::feeding::{Feeding, Habit, View, cut, feed, feed_into};
use crate::oracle;
use crate::transcript::{End, Options, Outcome, Transcript};

/// However a stream is cut into chunks, and however the parser's views are used, it means the same.
///
/// # Errors
///
/// If not, with the first difference.
pub fn chunking(stream: &[u8], cuts: &[usize], options: &Options) -> Result<(), String> {
    let whole = feed(options, &[stream], View::Items, Habit::Drain)?.transcript;
    let chunks = cut(stream, cuts);
    for habit in [Habit::Drain, Habit::DropAfterEach] {
        for (view, expected) in [
            (View::Items, &whole),
            (View::Events, &whole.without_items()),
        ] {
            for chunks in [&[stream][..], &chunks] {
                feed(options, chunks, view, habit)?
                    .transcript
                    .expect(expected)
                    .map_err(|text| format!("{view:?}, {habit:?}, {chunks:?}: {text}"))?;
            }
        }
    }
    Ok(())
}

/// The parser reads a stream as the oracle does, and yields each outcome with the chunk that decides it.
///
/// # Errors
///
/// If not, with the first difference.
pub fn oracle_agreement(stream: &[u8], cuts: &[usize], options: &Options) -> Result<(), String> {
    let reading = oracle::read(stream, options);
    let chunks = cut(stream, cuts);
    let feeding = feed(options, &chunks, View::Items, Habit::Drain)?;
    feeding.transcript.expect(&reading.transcript)?;
    prompt(&feeding, &reading.decided_at, &chunks)
}

/// Each outcome comes with the first chunk after which it is decided.
///
/// # Errors
///
/// If one comes later or earlier, with its place.
pub fn prompt(feeding: &Feeding, decided_at: &[usize], chunks: &[&[u8]]) -> Result<(), String> {
    let mut fed = 0;
    let ends: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            fed += chunk.len();
            fed
        })
        .collect();
    let outcomes = feeding
        .transcript
        .outcomes
        .iter()
        .zip(&feeding.came_at)
        .zip(decided_at);
    for ((outcome, came_at), decided_at) in outcomes {
        let due = ends.iter().find(|end| *end >= decided_at);
        if due != Some(came_at) {
            return Err(format!(
                "{outcome} is decided after {decided_at} bytes, and came after {came_at} instead of {due:?}"
            ));
        }
    }
    Ok(())
}

/// A parser that has ended one stream reads the next one like a new parser that is seeded with what the first left.
///
/// # Errors
///
/// If not, with the first difference.
pub fn reset(first: &[u8], second: &[u8], options: &Options) -> Result<(), String> {
    let mut parser = options.parser();
    let limit = options.max_event_bytes;
    let left = feed_into(&mut parser, limit, &[first], View::Items, Habit::Drain)?
        .transcript
        .end;
    let seeded = Options {
        last_event_id: left.last_event_id,
        reconnection_time: left.reconnection_time,
        ..options.clone()
    };
    feed_into(&mut parser, limit, &[second], View::Items, Habit::Drain)?
        .transcript
        .expect(&oracle::read(second, &seeded).transcript)
}

/// What a server wants to write as one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by tests, which state every part"
)]
pub struct Block {
    /// Any text.
    pub comment: Option<String>,
    /// Any text; left out if it cannot be an ID.
    pub last_event_id: Option<String>,
    /// Any text; left out if it cannot be an event type.
    pub event_type: Option<String>,
    /// In milliseconds.
    pub reconnection_time: Option<u64>,
    /// Any text.
    pub data: Option<String>,
}

impl Block {
    /// Makes what the encoder takes, and leaves out of `self` what cannot be written.
    ///
    /// # Errors
    ///
    /// If a value is refused that could be written, or the other way round.
    fn outgoing(&mut self) -> Result<OutgoingEvent<'static>, String> {
        let mut event = OutgoingEvent::new();
        if let Some(text) = self.event_type.take() {
            match EventType::new(text.clone()) {
                Ok(_) if text.contains(LINE_ENDS) => return Err(format!("{text:?} was taken")),
                Err(error) if !text.contains(LINE_ENDS) => return Err(error.to_string()),
                Err(_) => {}
                Ok(value) => {
                    event = event.event_type(value);
                    self.event_type = Some(text);
                }
            }
        }
        if let Some(text) = self.last_event_id.take() {
            let unfit = text.contains(LINE_ENDS) || text.contains('\0');
            match LastEventId::new(text.clone()) {
                Ok(_) if unfit => return Err(format!("{text:?} was taken")),
                Err(error) if !unfit => return Err(error.to_string()),
                Err(_) => {}
                Ok(value) => {
                    event = event.last_event_id(value);
                    self.last_event_id = Some(text);
                }
            }
        }
        if let Some(text) = &self.comment {
            event = event.comment(text.clone());
        }
        if let Some(time) = self.reconnection_time {
            event = event.reconnection_time(Duration::from_millis(time));
        }
        if let Some(text) = &self.data {
            event = event.data(text.clone());
        }
        Ok(event)
    }
}

/// What is written comes back: every block's comment line by line, its reconnection time, its event with its type,
/// data and ID. Line ends in data come back as LF, and a block without data is no event, but its ID counts.
///
/// # Errors
///
/// If not, with the first difference.
pub fn round_trip(blocks: &[Block], cuts: &[usize]) -> Result<(), String> {
    let (written, stream) = write(blocks)?;
    let mut expected = Transcript::default();
    let End {
        last_event_id,
        reconnection_time,
        ..
    } = &mut expected.end;
    for block in written {
        let comment = block.comment.map(|text| with_lf(&text));
        let lines = comment.iter().flat_map(|text| text.split('\n'));
        expected
            .outcomes
            .extend(lines.map(|line| Outcome::Comment(line.to_owned())));
        if let Some(id) = block.last_event_id {
            *last_event_id = id;
        }
        if let Some(time) = block.reconnection_time {
            *reconnection_time = Some(time);
            expected.outcomes.push(Outcome::ReconnectionTime(time));
        }
        if let Some(data) = block.data {
            let event_type = block.event_type.filter(|text| !text.is_empty());
            expected.outcomes.push(Outcome::Event {
                event_type: event_type.unwrap_or_else(|| "message".to_owned()),
                data: with_lf(&data),
                last_event_id: last_event_id.clone(),
            });
        }
    }
    feed(
        &Options::default(),
        &cut(&stream, cuts),
        View::Items,
        Habit::Drain,
    )?
    .transcript
    .expect(&expected)
    .map_err(|text| format!("{text}  written as {:?}", String::from_utf8_lossy(&stream)))
}

/// Text cannot add, remove or change anything but itself: with other data and comments the same blocks yield events of
/// the same types and IDs, and the same reconnection times, in the same order.
///
/// # Errors
///
/// If not, with the first difference.
pub fn injection(blocks: &[Block], cuts: &[usize]) -> Result<(), String> {
    let (written, hostile) = write(blocks)?;
    let harmless: Vec<_> = written
        .into_iter()
        .map(|block| Block {
            comment: block.comment.map(|_| "c".to_owned()),
            data: block.data.map(|_| "d".to_owned()),
            ..block
        })
        .collect();
    let (_, harmless) = write(&harmless)?;
    let frame = |stream: &[u8]| {
        let chunks = cut(stream, cuts);
        let mut transcript =
            feed(&Options::default(), &chunks, View::Items, Habit::Drain)?.transcript;
        transcript.outcomes.retain_mut(|outcome| {
            if let Outcome::Event { data, .. } = outcome {
                data.clear();
            }
            !matches!(outcome, Outcome::Comment(_))
        });
        Ok::<_, String>(transcript)
    };
    frame(&hostile)?.expect(&frame(&harmless)?)
}

/// Encodes blocks. Gives them back without what cannot be written.
fn write(blocks: &[Block]) -> Result<(Vec<Block>, Vec<u8>), String> {
    let mut blocks = blocks.to_vec();
    let mut stream = Vec::new();
    let mut encoder = Encoder::new();
    for block in &mut blocks {
        let event = block.outgoing()?;
        let before = stream.len();
        encoder.encode(&event, &mut stream);
        let written = stream.len() - before;
        let promised = Encoder::encoded_len(&event);
        if written != promised {
            return Err(format!(
                "{written} bytes written, {promised} promised for {block:?}"
            ));
        }
    }
    Ok((blocks, stream))
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

const LINE_ENDS: [char; 2] = ['\r', '\n'];
