//! Many streams on one thread.

use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

use futures_util::TryStreamExt;
use http_body::Body as _;
use sse_client::EventSource;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::memory::resident;
use crate::server::{BURST, ROUNDS};

/// Opens the streams. Each tells of each event, of a burst only at its end, and then waits for more that does not come.
pub(crate) async fn run(
    with: &str,
    number: usize,
    url: &str,
    is_heap_counted: bool,
) -> Result<(), Box<dyn Error>> {
    let profiler = is_heap_counted.then(|| dhat::Profiler::builder().testing().build());
    let memory = || match profiler {
        Some(_) => Ok(dhat::HeapStats::get().curr_bytes),
        None => resident(),
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .tcp_nodelay(true)
        .build()?;
    let mut tasks = JoinSet::new();
    let (tell, mut told) = mpsc::unbounded_channel();
    for _ in 0..number {
        let tell = tell.clone();
        match with {
            // Whole tasks, since a function of their own would hold what it is given twice.
            "client" => {
                let mut events = EventSource::get(url)?;
                tasks.spawn(async move {
                    let mut number = 0;
                    while let Some(event) = events.try_next().await.expect("events") {
                        assert!(event.data().len() > 60 && event.last_event_id() == "1234567");
                        number += 1;
                        if number <= 1 + ROUNDS || number == 1 + ROUNDS + BURST {
                            tell.send(()).expect("somebody counts");
                        }
                    }
                });
            }
            "reqwest" => {
                // Boxed, as the client does, so that it takes no place once it is answered.
                let request = Box::pin(client.get(url).send());
                tasks.spawn(async move {
                    let mut body = reqwest::Body::from(request.await.expect("an answer"));
                    let (mut all, mut event) = (0, 0);
                    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                        all += frame.expect("bytes").into_data().unwrap_or_default().len();
                        if event == 0 {
                            event = all;
                        }
                        if all <= (1 + ROUNDS) * event || all == (1 + ROUNDS + BURST) * event {
                            tell.send(()).expect("somebody counts");
                        }
                    }
                });
            }
            _ => return Err("with what?".into()),
        }
        // One after the other, so that the server's queue of connections does not overflow.
        told.recv().await.ok_or("a task has failed")?;
    }
    println!("open {}", memory()?);
    for (name, rounds) in [("steady", ROUNDS), ("burst", 1)] {
        for _ in 0..rounds {
            println!("go");
            for _ in 0..number {
                told.recv().await.ok_or("a task has failed")?;
            }
        }
        println!("{name} {}", memory()?);
    }
    drop(tasks);
    Ok(())
}
