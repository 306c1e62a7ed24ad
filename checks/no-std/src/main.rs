//! Encodes events and parses them again, without the standard library: with a panic handler and an allocator of its own,
//! started by the C library's runtime. Exits with 0 if what comes back is what was written, and with 1 if not.
//!
//! With any argument something else is expected, so that the exit code must be 1: that shows that the comparison is made.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::{c_char, c_int};
use core::panic::PanicInfo;
use core::time::Duration;

use dlmalloc::GlobalDlmalloc;
use sse_codec::{
    Encoder, EventType, InvalidValue, Item, JsonErrorKind, LastEventId, OutgoingEvent, Parser,
};

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

// What starts the program and calls `main`.
#[link(name = "c")]
unsafe extern "C" {}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // There is nobody to tell. The script that runs this limits its time, and takes that as a failure.

    loop {}
}

// Parts of `core` name this function, which std would define, and never call it, since a panic aborts.
// SAFETY: without std nothing else has the name.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

// The same holds for this one, which `alloc` names.
// SAFETY: without std nothing else has the name.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() {}

// SAFETY: the C library's runtime calls the program by this name and signature, and nothing else has the name.
#[unsafe(no_mangle)]
extern "C" fn main(argument_count: c_int, _: *const *const c_char) -> c_int {
    let expected = if argument_count > 1 {
        "something else"
    } else {
        DATA
    };
    match (comes_back(expected), json_comes_back(expected)) {
        (Ok(true), true) => 0,
        _ => 1,
    }
}

fn json_comes_back(expected: &str) -> bool {
    let Ok(event) = OutgoingEvent::new().json_data(&(DATA, 7)) else {
        return false;
    };
    let stream = event.to_bytes();
    let mut parser = Parser::new();
    let mut events = parser.feed(&stream);
    let Ok(Some(event)) = events.next() else {
        return false;
    };
    let is_as_expected =
        matches!(event.json::<(String, u32)>(), Ok((text, 7)) if text.as_str() == expected);
    // The error, too, has to be there without std.
    let is_no_number =
        matches!(event.json::<u32>(), Err(error) if error.kind() == JsonErrorKind::Shape);
    is_as_expected && is_no_number
}

fn comes_back(expected: &str) -> Result<bool, InvalidValue> {
    let event = OutgoingEvent::new()
        .comment(" hello")
        .event_type(EventType::new("greeting")?)
        .last_event_id(LastEventId::from(7))
        .reconnection_time(Duration::from_millis(1500))
        .data(DATA);
    let mut stream = Vec::new();
    Encoder::new().encode(&event, &mut stream);

    let mut parser = Parser::new();
    let (mut comments, mut times, mut events) = (0, 0, 0);
    // In small chunks, so that the parser has to keep text between them.
    for chunk in stream.chunks(3) {
        let mut items = parser.feed_items(chunk);
        loop {
            match items.next() {
                Ok(None) => break,
                Ok(Some(Item::Comment(" hello"))) => comments += 1,
                Ok(Some(Item::ReconnectionTime(time))) if time.as_millis() == 1500 => times += 1,
                Ok(Some(Item::Event(event)))
                    if event.event_type() == "greeting"
                        && event.data() == expected
                        && event.last_event_id() == "7" =>
                {
                    events += 1;
                }
                Ok(Some(_)) | Err(_) => return Ok(false),
            }
        }
    }
    Ok((comments, times, events) == (1, 1, 1) && parser.finish().is_none())
}

const DATA: &str = "first line\n second line, \u{20AC} and \u{1F600}\n";
