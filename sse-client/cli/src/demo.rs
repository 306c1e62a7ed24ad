//! `--demo`: a server on this machine that says hello, so that there is something to tail.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use sse_server::{Hub, OutgoingEvent, ServeOptions};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{self, MissedTickBehavior};

/// Starts the server on a free port of the loopback interface and returns its URL. It runs as long as the runtime.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    // No ID outlives the process, so the epoch can be one that is easy to read.
    let hub = Hub::builder().epoch(1).spawn();
    let asked = Arc::new(Notify::new());
    tokio::spawn(say_hello(hub.clone(), Arc::clone(&asked)));
    let options = ServeOptions::new()
        .path("/")
        .health_path(None)
        .topics(move |_| {
            asked.notify_one();
            vec![TOPIC.to_owned()]
        });
    tokio::spawn(sse_server::serve(listener, hub, options));
    Ok(url)
}

/// Says hello as soon as somebody has asked for it, and then every half second.
async fn say_hello(hub: Hub, asked: Arc<Notify>) {
    asked.notified().await;
    let mut interval = time::interval(Duration::from_millis(500));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        // The event is small and has no ID, and there is one topic: nothing speaks against it.
        let _ = hub.publish(TOPIC, &OutgoingEvent::new().data("hello"));
    }
}

const TOPIC: &str = "hello";
