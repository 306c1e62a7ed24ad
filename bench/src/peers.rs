//! The published crates, each by the fastest way in that it offers.

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use eventsource_client::Client as _;
use futures_codec::Decoder as _;
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture, TransportError};
use tokio_util::codec::Decoder as _;

use crate::chunks::Chunks;
use crate::parsers::Outcome;
use crate::ready::{self, Owned, Shared, Slices};
use crate::sink::Sink;

/// Limits where there are any are those of `sse-codec`.
const LIMIT: NonZeroUsize = NonZeroUsize::new(16 << 20).unwrap();

pub fn sse_core<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut decoder = sse_core::SseDecoder::with_limit(LIMIT);
    for mut chunk in chunks.slices() {
        while let Some(event) = decoder.next(&mut chunk) {
            if let sse_core::SseEvent::Message(event) = event? {
                sink.event(
                    &event.event,
                    &event.data,
                    event.last_event_id.as_deref().unwrap_or_default(),
                );
            }
        }
    }
    Ok(())
}

pub fn sse_stream<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut events = sse_stream::SseByteStream::new(Slices::new(chunks));
    while let Some(block) = ready::next(&mut events)? {
        let block = block?;
        // It leaves defaults and the memory for the last ID to its user. The ID is in every block where there is one.
        if let Some(data) = &block.data {
            sink.event(
                block.event.as_deref().unwrap_or("message"),
                data,
                block.id.as_deref().unwrap_or_default(),
            );
        }
    }
    Ok(())
}

pub fn sseer<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut events = sseer::EventStream::new(Shared::new(chunks));
    while let Some(event) = ready::next(&mut events)? {
        let event = event.map_err(|error| format!("{error:?}"))?;
        sink.event(&event.event, &event.data, &event.id);
    }
    Ok(())
}

pub fn sse_parse<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut parser = sse_parse::SseParser::new().max_buffer(LIMIT.get());
    for chunk in chunks.slices() {
        parser.feed(chunk);
        while let Some(event) = parser.next_event() {
            sink.event(&event.event, &event.data, &event.id);
        }
    }
    Ok(())
}

pub fn eventsource_stream<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut events = eventsource_stream::EventStream::new(Slices::new(chunks));
    while let Some(event) = ready::next(&mut events)? {
        let event = event.map_err(|error| format!("{error:?}"))?;
        sink.event(&event.event, &event.data, &event.id);
    }
    Ok(())
}

pub fn eventsource_stream2<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut events = eventsource_stream2::EventStream::new(Slices::new(chunks));
    while let Some(event) = ready::next(&mut events)? {
        let event = event.map_err(|error| format!("{error:?}"))?;
        sink.event(&event.event, &event.data, &event.id);
    }
    Ok(())
}

pub fn russe<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut decoder = russe::Decoder::default();
    let mut buffer = BytesMut::new();
    for chunk in chunks.slices() {
        buffer.extend_from_slice(chunk);
        while let Some(event) = decoder.decode(&mut buffer)? {
            if let russe::Event::Message(event) = event {
                sink.event(
                    event.event.as_deref().unwrap_or("message"),
                    &event.data,
                    event.id.as_deref().unwrap_or_default(),
                );
            }
        }
    }
    Ok(())
}

pub fn older<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut decoder = sse_codec_old::SSECodec::default();
    let mut buffer = BytesMut::new();
    for chunk in chunks.slices() {
        buffer.extend_from_slice(chunk);
        while let Some(event) = decoder.decode(&mut buffer)? {
            if let sse_codec_old::Event::Message { id, event, data } = event {
                sink.event(&event, &data, id.as_deref().unwrap_or_default());
            }
        }
    }
    Ok(())
}

/// Its parser is private, but its client takes a transport, and one that is always ready leaves hardly anything else.
pub fn eventsource_client<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let options = eventsource_client::ReconnectOptions::reconnect(false)
        .retry_initial(false)
        .build();
    let client = eventsource_client::ClientBuilder::for_url("http://localhost/")?
        .reconnect(options)
        .build_with_transport(Transport(Arc::clone(&chunks.list)));
    let mut events = client.stream();
    while let Some(event) = ready::next(&mut events)? {
        match event {
            Ok(eventsource_client::SSE::Event(event)) => {
                sink.event(
                    &event.event_type,
                    &event.data,
                    event.id.as_deref().unwrap_or_default(),
                );
            }
            Ok(_) => {}
            // The second if something was left over, as there is where a stream is cut off.
            Err(eventsource_client::Error::Eof | eventsource_client::Error::UnexpectedEof) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Transport(Arc<[Bytes]>);

impl HttpTransport for Transport {
    fn request(&self, _: http::Request<Option<Bytes>>) -> ResponseFuture {
        let body: ByteStream = Box::pin(Owned::<TransportError>::new(Arc::clone(&self.0)));
        Box::pin(std::future::ready(Ok(http::Response::new(body))))
    }
}
