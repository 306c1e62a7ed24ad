//! A process that works on events is killed at random points, again and again, and begun anew: each event is worked on at
//! least once, in order, and at most one is worked on twice for each time that it was killed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::TryStreamExt;
use sse_client::{EventSource, FileStore, Policy};
use sse_test_kit::{Answer, Server};

#[test]
fn each_event_arrives_at_least_once_however_often_the_process_is_killed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kills = runtime.block_on(async {
        let served = tokio::time::timeout(LIMIT, serve(folder.path()));
        served.await.expect("the process hangs")
    });
    let journal = std::fs::read_to_string(folder.path().join("journal")).unwrap();
    let mut reached = 0;
    let mut twice = 0;
    for line in journal.lines() {
        let id: u32 = line.parse().unwrap();
        assert!(
            id == reached || id == reached + 1,
            "{id} came after {reached}"
        );
        twice += u32::from(id == reached);
        reached = id;
    }
    assert_eq!(reached, EVENTS);
    assert!(twice <= kills, "{twice} came twice, by {kills} kills");
}

/// Serves the log to one process after another, and kills each but the last. Returns how many were killed.
async fn serve(folder: &Path) -> u32 {
    let server = Server::builder()
        .otherwise(Answer::live())
        .limit(LIMIT)
        .start();
    let url = server.url("/");
    let mut random = fastrand::Rng::with_seed(7);
    for kills in 0.. {
        let mut child = Working(start(&url, folder));
        let exchange = server.accept().await;
        let from =
            (exchange.request().header("last-event-id")).map_or(0, |id| id.parse::<u32>().unwrap());
        exchange.play(Answer::stream(""));
        // A few events, then the process is killed while it works on one of them; if it has done with all, it ends by itself.
        let events = random.u32(1..30);
        let is_last = kills == KILLS;
        let to = if is_last {
            EVENTS
        } else {
            (from + events).min(EVENTS - 1)
        };
        for id in from + 1..=to {
            exchange.send(format!("id: {id}\ndata: {id}\n\n"));
        }
        if is_last {
            let status = tokio::task::spawn_blocking(move || child.0.wait());
            assert!(status.await.unwrap().unwrap().success());
            return kills;
        }
        // When it has come some way, and then at a point that is up to the scheduler, and different each time.
        let journal = folder.join("journal");
        let size = |journal: &Path| std::fs::metadata(journal).map_or(0, |file| file.len());
        let far_enough = size(&journal) + u64::from(random.u32(0..(to - from).max(1)));
        while size(&journal) < far_enough {
            tokio::task::yield_now().await;
        }
        for _ in 0..random.u32(0..2_000) {
            tokio::task::yield_now().await;
        }
        // Before the end of its stream, at which it would end by itself.
        drop(child);
        drop(exchange);
    }
    unreachable!("the last process ends by itself")
}

/// The process that works on events: this test's program, with nothing but [`works_on_events`] to run.
fn start(url: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::works_on_events"])
        .env(URL, url)
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Is killed at the latest when it is dropped.
struct Working(Child);

impl Drop for Working {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the other process does. Passes at once where there is nothing to do.
#[test]
fn works_on_events() {
    let (Ok(url), Some(folder)) = (std::env::var(URL), std::env::var_os(FOLDER)) else {
        return;
    };
    let folder = Path::new(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut journal = std::fs::File::options()
        .append(true)
        .create(true)
        .open(folder.join("journal"))
        .unwrap();
    runtime.block_on(async {
        let mut events = EventSource::builder(&url)
            .policy(Policy::never())
            .cursor_store(FileStore::open(folder.join("cursor")).unwrap())
            .build()
            .unwrap();
        while let Some(event) = events.try_next().await.unwrap() {
            journal
                .write_all(format!("{}\n", event.data()).as_bytes())
                .unwrap();
            events.acknowledge(&event).await.unwrap();
            if event.data() == EVENTS.to_string() {
                return;
            }
        }
    });
}

const URL: &str = "SSE_CLIENT_TEST_URL";
const FOLDER: &str = "SSE_CLIENT_TEST_FOLDER";
const EVENTS: u32 = 200;
const KILLS: u32 = 25;
const LIMIT: Duration = Duration::from_secs(120);
