//! The client's engine under arbitrary happenings: never two requests at once, never one before its delay is over, nothing
//! after the end, everything that was fed handed out in order, and the last event ID never lost or invented.

#![no_main]

mod happening;
mod model;
mod script;

use libfuzzer_sys::fuzz_target;

use happening::Input;
use model::Model;

// The sources themselves, since nothing of this is public, as it should be.
macro_rules! client {
    ($($module:ident = $path:literal),+ $(,)?) => {
        $(
            #[path = $path]
            #[allow(dead_code, reason = "the engine's driver is not here")]
            mod $module;
        )+
    };
}

client! {
    attempt = "../../../sse-client/src/attempt.rs",
    backoff = "../../../sse-client/src/backoff.rs",
    classifier = "../../../sse-client/src/classifier.rs",
    connection = "../../../sse-client/src/connection.rs",
    decision = "../../../sse-client/src/decision.rs",
    error = "../../../sse-client/src/error.rs",
    intake = "../../../sse-client/src/intake.rs",
    outgoing = "../../../sse-client/src/outgoing.rs",
    policy = "../../../sse-client/src/policy.rs",
    redirect = "../../../sse-client/src/redirect.rs",
    request = "../../../sse-client/src/request.rs",
    response = "../../../sse-client/src/response.rs",
    retry_after = "../../../sse-client/src/retry_after.rs",
    setbacks = "../../../sse-client/src/setbacks.rs",
    stats = "../../../sse-client/src/stats.rs",
    update = "../../../sse-client/src/update.rs",
    url = "../../../sse-client/src/url.rs",
    watchdog = "../../../sse-client/src/watchdog.rs",
}

fuzz_target!(|input: Input| {
    let mut model = Model::new(&input.settings);
    for happening in input.happenings.into_iter().take(100) {
        model.happen(happening);
    }
    model.drain();
});
