//! What has arrived is on standard output before the command waits for more.

use crate::support::{Accept, Running, command, server};

#[test]
fn an_event_is_shown_while_the_stream_stays_open() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data"]));
    let connection = server.accept_stream();
    for data in ["one", "two", "three"] {
        connection.send(format!("data: {data}\n\ndata: and"));
        assert_eq!(running.line(), data);
        connection.send("\n\n");
        assert_eq!(running.line(), "and");
    }
}

#[test]
fn a_burst_comes_through_whole() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data"]));
    let connection = server.accept_stream();
    let writer = std::thread::spawn(move || {
        for start in (0..50_000).step_by(1000) {
            let block: String = (start..start + 1000)
                .map(|n| format!("data: {n}\n\n"))
                .collect();
            connection.send(block);
        }
        connection
    });
    for n in 0..50_000 {
        assert_eq!(running.line(), n.to_string());
    }
    let _connection = writer.join().expect("writer");
}
