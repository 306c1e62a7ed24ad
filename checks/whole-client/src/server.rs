//! The server, a process of its own, so that its memory and its cost are not the client's.

use std::error::Error;
use std::time::Duration;

use sse_test_kit::{Answer, Request, Server, Signal};
use tokio::io::AsyncBufReadExt;

/// How often every stream brings one more event, when the test says so.
pub(crate) const ROUNDS: usize = 10;

/// How many events it brings at last, all at once.
pub(crate) const BURST: usize = 100;

/// What every stream brings. Its data, 64 bytes, is of the size of a small JSON object.
const EVENT: &str = "id: 1234567\ndata: {\"price\":12345.67,\"at\":\"2026-01-01T00:00:00Z\",\"symbol\":\"ABCDEF\"}\n\n";

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let rounds: Vec<_> = (0..=ROUNDS).map(|_| Signal::new()).collect();
    let signals = rounds.clone();
    let server = Server::builder()
        .answer_by(move |request| answer(request, &signals))
        // Valgrind is slow.
        .limit(Duration::from_secs(900))
        .start();
    println!("{}", server.url(""));
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    let mut rounds = rounds.iter();
    while lines.next_line().await?.is_some() {
        rounds.next().ok_or("no more rounds")?.give();
    }
    Ok(())
}

fn answer(request: &Request, rounds: &[Signal]) -> Answer {
    let words: Vec<_> = request.target().split('/').skip(1).collect();
    match words[..] {
        // A line of so many bytes, in pieces of the size of a packet.
        ["line", bytes] => Answer::stream("data: ")
            .until_close()
            .in_pieces(1460)
            .send("x".repeat(number(bytes)))
            .send("\n\n")
            .hold(),
        ["endless", mebibytes] => Answer::stream("data: ")
            .until_close()
            .send_repeated("x".repeat(1 << 20), number(mebibytes) as u64)
            .send("\n\ndata: behind it\n\n")
            .hold(),
        ["streams"] => {
            let (burst, rounds) = rounds.split_last().expect("rounds");
            let one_by_one = |answer: Answer, round| answer.wait(round).send(EVENT);
            (rounds.iter().fold(Answer::stream(EVENT), one_by_one))
                .wait(burst)
                .send_repeated(EVENT, BURST as u64)
                .hold()
        }
        _ => Answer::status(404),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}
