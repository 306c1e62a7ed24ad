//! Feeds a stream to the real parser in every manner that a program might, and writes down what comes out.

use sse_codec::{EventRef, Events, Item, Items, ParseError, ParseErrorKind, Parser};

use crate::transcript::{End, ErrorKind, Options, Outcome, Transcript, Unfinished};

/// Which of the parser's two views is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two views")]
pub enum View {
    /// `feed_items`: events, comments, reconnection times.
    Items,
    /// `feed`: events.
    Events,
}

/// What is done with the lent iterator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests name both")]
pub enum Habit {
    /// It is called until it has no more.
    Drain,
    /// It is dropped after each outcome, and what it had left of the chunk is fed again.
    DropAfterEach,
}

/// What came out of a parser.
#[derive(Clone, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "read by tests")]
pub struct Feeding {
    /// What came out.
    pub transcript: Transcript,
    /// For each outcome, how many bytes had been fed, its own chunk included.
    pub came_at: Vec<usize>,
}

/// Feeds chunks to a new parser and ends the stream.
///
/// # Errors
///
/// If the parser breaks a promise of its interface; the text says which.
pub fn feed(
    options: &Options,
    chunks: &[&[u8]],
    view: View,
    habit: Habit,
) -> Result<Feeding, String> {
    feed_into(
        &mut options.parser(),
        options.max_event_bytes,
        chunks,
        view,
        habit,
    )
}

/// Feeds chunks to a parser that may have read another stream before, and ends the stream.
///
/// # Errors
///
/// If the parser breaks a promise of its interface; the text says which.
pub fn feed_into(
    parser: &mut Parser,
    limit: usize,
    chunks: &[&[u8]],
    view: View,
    habit: Habit,
) -> Result<Feeding, String> {
    let mut feeding = Feeding::default();
    let mut fed = 0;
    for chunk in chunks {
        fed += chunk.len();
        match habit {
            Habit::Drain => {
                let before = feeding.transcript.outcomes.len();
                match view {
                    View::Items => drain(&mut parser.feed_items(chunk), limit, &mut feeding)?,
                    View::Events => drain(&mut parser.feed(chunk), limit, &mut feeding)?,
                }
                let new = feeding.transcript.outcomes.len() - before;
                feeding.came_at.extend(core::iter::repeat_n(fed, new));
            }
            Habit::DropAfterEach => {
                let mut rest = *chunk;
                // No byte can yield more than one outcome, so more steps than bytes mean that nothing is consumed.
                for step in 0.. {
                    if step > chunk.len() {
                        return Err(format!("more outcomes than bytes in a chunk at byte {fed}"));
                    }
                    let outcome;
                    (outcome, rest) = match view {
                        View::Items => one_step(&mut parser.feed_items(rest), rest, limit)?,
                        View::Events => one_step(&mut parser.feed(rest), rest, limit)?,
                    };
                    let Some(outcome) = outcome else { break };
                    agrees_with(&outcome, parser)?;
                    feeding.transcript.outcomes.push(outcome);
                    feeding.came_at.push(fed);
                }
            }
        }
    }
    feeding.transcript.end = end(parser)?;
    Ok(feeding)
}

/// Cuts a stream into chunks. The places are taken modulo the length; the same place twice makes an empty chunk.
#[must_use]
pub fn cut<'a>(stream: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = places
        .iter()
        .map(|place| place % (stream.len() + 1))
        .collect();
    places.sort_unstable();
    let mut chunks = Vec::with_capacity(places.len() + 1);
    let mut start = 0;
    for place in places {
        chunks.push(&stream[start..place]);
        start = place;
    }
    chunks.push(&stream[start..]);
    chunks
}

/// What both views have in common.
trait Lending<'a> {
    fn next_outcome(&mut self, limit: usize) -> Result<Option<Outcome>, String>;
    fn remainder(&self) -> &'a [u8];
}

impl<'a> Lending<'a> for Items<'_, 'a> {
    fn next_outcome(&mut self, limit: usize) -> Result<Option<Outcome>, String> {
        match self.next() {
            Ok(Some(Item::Event(event))) => Ok(Some(outcome_of_event(event))),
            Ok(Some(Item::Comment(text))) => Ok(Some(Outcome::Comment(text.to_owned()))),
            Ok(Some(Item::ReconnectionTime(time))) => milliseconds(time)
                .map(|time| Some(Outcome::ReconnectionTime(time)))
                .ok_or_else(|| format!("{time:?} are no whole milliseconds of 64 bits")),
            Ok(Some(other)) => Err(format!("an unknown item: {other:?}")),
            Ok(None) => Ok(None),
            Err(error) => outcome_of_error(error, limit).map(Some),
        }
    }

    fn remainder(&self) -> &'a [u8] {
        self.remainder()
    }
}

impl<'a> Lending<'a> for Events<'_, 'a> {
    fn next_outcome(&mut self, limit: usize) -> Result<Option<Outcome>, String> {
        match self.next() {
            Ok(event) => Ok(event.map(outcome_of_event)),
            Err(error) => outcome_of_error(error, limit).map(Some),
        }
    }

    fn remainder(&self) -> &'a [u8] {
        self.remainder()
    }
}

fn drain<'a>(
    view: &mut impl Lending<'a>,
    limit: usize,
    feeding: &mut Feeding,
) -> Result<(), String> {
    while let Some(outcome) = view.next_outcome(limit)? {
        feeding.transcript.outcomes.push(outcome);
    }
    if let Some(outcome) = view.next_outcome(limit)? {
        return Err(format!("after the end of a chunk came {outcome}"));
    }
    if !view.remainder().is_empty() {
        return Err(format!(
            "a drained chunk has {} bytes left",
            view.remainder().len()
        ));
    }
    Ok(())
}

/// Takes one outcome, and what the iterator has left of `chunk`.
fn one_step<'a>(
    view: &mut impl Lending<'a>,
    chunk: &'a [u8],
    limit: usize,
) -> Result<(Option<Outcome>, &'a [u8]), String> {
    let outcome = view.next_outcome(limit)?;
    let rest = view.remainder();
    if !chunk.ends_with(rest) {
        return Err(format!(
            "the remainder {rest:?} is no end of the chunk {chunk:?}"
        ));
    }
    if outcome.is_none() && !rest.is_empty() {
        return Err(format!("a drained chunk has {} bytes left", rest.len()));
    }
    Ok((outcome, rest))
}

/// Checks that the parser's getters say the same as the outcome that it has just yielded.
fn agrees_with(outcome: &Outcome, parser: &Parser) -> Result<(), String> {
    match outcome {
        Outcome::Event { last_event_id, .. } if parser.last_event_id() != last_event_id => {
            Err(format!(
                "after {outcome} the last event ID is {:?}",
                parser.last_event_id()
            ))
        }
        Outcome::ReconnectionTime(time)
            if parser.reconnection_time().and_then(milliseconds) != Some(*time) =>
        {
            Err(format!(
                "after {outcome} it is {:?}",
                parser.reconnection_time()
            ))
        }
        _ => Ok(()),
    }
}

fn end(parser: &mut Parser) -> Result<End, String> {
    let last_event_id = parser.last_event_id().to_owned();
    let time = parser.reconnection_time();
    let unfinished = match parser.finish() {
        None => None,
        Some(sse_codec::Unfinished::Line) => Some(Unfinished::Line),
        Some(sse_codec::Unfinished::Block) => Some(Unfinished::Block),
        Some(other) => return Err(format!("an unknown end: {other:?}")),
    };
    if parser.last_event_id() != last_event_id || parser.reconnection_time() != time {
        return Err("the end of the stream changed the ID or the reconnection time".to_owned());
    }
    if let Some(again) = parser.finish() {
        return Err(format!("finished twice, the second time with {again:?}"));
    }
    Ok(End {
        last_event_id,
        reconnection_time: time.and_then(milliseconds),
        unfinished,
    })
}

fn outcome_of_event(event: EventRef<'_>) -> Outcome {
    Outcome::Event {
        event_type: event.event_type().to_owned(),
        data: event.data().to_owned(),
        last_event_id: event.last_event_id().to_owned(),
    }
}

fn outcome_of_error(error: ParseError, expected_limit: usize) -> Result<Outcome, String> {
    let kind = match error.kind() {
        ParseErrorKind::Utf8 => ErrorKind::Utf8,
        ParseErrorKind::TooLarge { limit, .. } if limit == expected_limit => ErrorKind::TooLarge,
        other => {
            return Err(format!(
                "unexpected error {other:?}, the limit is {expected_limit}"
            ));
        }
    };
    let offset = error.offset();
    Ok(Outcome::Error { kind, offset })
}

fn milliseconds(time: core::time::Duration) -> Option<u64> {
    let whole = time.subsec_nanos() % 1_000_000 == 0;
    u64::try_from(time.as_millis()).ok().filter(|_| whole)
}
