//! The examples do what they say.

#![cfg(feature = "std")]

#[cfg(feature = "json")]
#[path = "../examples/chat.rs"]
#[expect(dead_code, reason = "`main` is what users run")]
mod chat;

#[cfg(feature = "tokio-util")]
#[path = "../examples/framed.rs"]
#[expect(dead_code, reason = "`main` is what users run")]
mod framed;

#[path = "../examples/read.rs"]
#[expect(dead_code, reason = "`main` is what users run")]
mod read;

#[test]
fn read_prints_events() {
    let mut output = Vec::new();
    read::print_events(
        &b"event: greeting\ndata: hello\n\ndata: cut"[..],
        &mut output,
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "greeting: \"hello\"\n(the stream ended early: Line dropped)\n"
    );
}

#[cfg(feature = "json")]
#[test]
fn chat_prints_the_answer() {
    let stream = concat!(
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
        "data: {\"notice\":\"something new\"}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"lo \\\"you\\\"\"}}]}\n\n",
        "data: {\"choices\":[]}\n\n",
        "data: [DONE]\n\n",
    );
    let mut output = Vec::new();
    chat::print_answer(stream.as_bytes(), &mut output).unwrap();
    assert_eq!(output, b"Hello \"you\"\n");

    let cut = stream.trim_end().as_bytes();
    let error = chat::print_answer(cut, Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "the stream ended before the answer");
    assert!(chat::print_answer(&b"data: oops\n\n"[..], Vec::new()).is_err());
}

#[cfg(feature = "tokio-util")]
#[test]
fn framed_transfers_events() {
    let events = framed::transfer(100).unwrap();
    assert_eq!(events.len(), 100);
    assert_eq!(events[99].last_event_id(), "100");
}
