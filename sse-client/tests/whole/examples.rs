//! The examples do what they say.

use sse_test_kit::clock::{flowing, run};
use sse_test_kit::{Answer, Server};

macro_rules! examples {
    ($($name:ident = $path:literal),+ $(,)?) => {
        $(
            #[path = $path]
            #[expect(dead_code, reason = "their `main` is not called")]
            mod $name;
        )+
    };
}

examples! {
    chat = "../../examples/chat.rs",
    cursor = "../../examples/cursor.rs",
    mcp = "../../examples/mcp.rs",
    tail = "../../examples/tail.rs",
    token = "../../examples/token.rs",
}

/// The end of a stream that would go on for ever.
fn the_end() -> Answer {
    Answer::status(204)
}

fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap()
}

#[test]
fn tail() {
    run(async {
        let server = Server::start([
            Answer::stream("data: a\n\n"),
            Answer::status(503),
            Answer::stream("event: t\ndata: b\n\n"),
            the_end(),
        ]);
        let mut out = Vec::new();
        flowing(tail::tail(&server.url("/"), &mut out))
            .await
            .unwrap();
        assert_eq!(text(out), "message: a\nt: b\n");
    });
}

#[test]
fn chat() {
    run(async {
        let stream = r#"data: {"choices":[{"delta":{"role":"assistant"}}]}

data: {"choices":[{"delta":{"content":"Rayleigh "}}]}

: keep-alive

data: {"choices":[{"delta":{"content":"scattering."}}]}

data: {"choices":[],"usage":{"total_tokens":7}}

data: [DONE]

"#;
        let server = Server::start([Answer::stream(stream)]);
        let mut out = Vec::new();
        let url = server.url("/v1/chat/completions");
        flowing(chat::chat(&url, "key", "Why?", &mut out))
            .await
            .unwrap();
        assert_eq!(text(out), "Rayleigh scattering.\n");
        let [request] = &server.requests()[..] else {
            panic!("asked more than once");
        };
        assert_eq!(request.to_string(), "POST /v1/chat/completions HTTP/1.1");
        assert_eq!(request.header("authorization").unwrap(), "Bearer key");
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body["messages"][0]["content"], "Why?");
    });
}

#[test]
fn chat_says_what_the_server_says() {
    run(async {
        let stream = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        let server = Server::start([Answer::stream(stream)]);
        let mut out = Vec::new();
        let error = flowing(chat::chat(&server.url("/"), "key", "Why?", &mut out)).await;
        let error = error.unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "overloaded");
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn mcp() {
    run(async {
        let progress =
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}"#;
        let result = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#;
        let server = Server::start([
            // An event that only gives an ID, as MCP has servers begin.
            Answer::stream(format!("id: 0\n\nid: 1\ndata: {progress}\n\n")),
            Answer::stream(format!("id: 2\ndata: {result}\n\n")).hold(),
        ]);
        let mut out = Vec::new();
        let url = server.url("/mcp");
        flowing(mcp::call(&url, "slow_tool", &mut out))
            .await
            .unwrap();
        assert_eq!(
            text(out),
            "\"notifications/progress\": {\"progress\":1}\nresult: {\"content\":[]}\n"
        );
        let requests = server.requests();
        assert_eq!(requests[0].to_string(), "POST /mcp HTTP/1.1");
        assert_eq!(requests[1].to_string(), "GET /mcp HTTP/1.1");
        assert_eq!(requests[1].header("last-event-id").unwrap(), "1");
    });
}

#[test]
fn token() {
    run(async {
        let tokens = Server::start(["one", "two"].map(|token| Answer::status(200).send(token)));
        let server = Server::start([
            Answer::stream("data: a\n\n"),
            Answer::status(401),
            Answer::stream("data: b\n\n"),
            the_end(),
        ]);
        let mut out = Vec::new();
        let (url, token_url) = (server.url("/"), tokens.url("/"));
        flowing(token::read(&url, &token_url, &mut out))
            .await
            .unwrap();
        assert_eq!(text(out), "a\nb\n");
        let requests = server.requests();
        let sent: Vec<_> = (requests.iter())
            .map(|request| request.header("authorization").unwrap())
            .collect();
        assert_eq!(
            sent,
            ["Bearer one", "Bearer one", "Bearer two", "Bearer two"]
        );
    });
}

#[test]
fn cursor() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\n"),
            the_end(),
            Answer::stream("id: 2\ndata: b\n\n"),
            the_end(),
        ]);
        // Twice, as if the program was stopped and started.
        for expected in ["a\n", "b\n"] {
            let mut out = Vec::new();
            let url = server.url("/");
            flowing(cursor::work(&url, &path, &mut out)).await.unwrap();
            assert_eq!(text(out), expected);
        }
        let requests = server.requests();
        let sent: Vec<_> = (requests.iter())
            .map(|request| request.header("last-event-id"))
            .collect();
        assert_eq!(sent, [None, Some("1"), Some("1"), Some("2")]);
    });
}
