//! The client's engine under arbitrary happenings: never two requests at once, never one before its delay is over, nothing
//! after the end, nothing done twice, no secret elsewhere, everything that was fed handed out in order, and the last event ID
//! never lost or invented.

#![no_main]

mod happening;
mod model;
mod requests;
mod script;

use libfuzzer_sys::fuzz_target;

use happening::Input;
use model::Model;

// The sources themselves, since nothing of this is public, as it should be.
#[path = "../../../sse-client/src"]
#[allow(
    dead_code,
    unexpected_cfgs,
    reason = "neither the engine's driver nor the features are here"
)]
mod client {
    pub(crate) mod attempt;
    pub(crate) mod backoff;
    pub(crate) mod classifier;
    pub(crate) mod connection;
    pub(crate) mod decision;
    pub(crate) mod error;
    pub(crate) mod intake;
    pub(crate) mod outgoing;
    pub(crate) mod policy;
    pub(crate) mod redirect;
    pub(crate) mod request;
    pub(crate) mod response;
    pub(crate) mod retry_after;
    pub(crate) mod setbacks;
    pub(crate) mod stats;
    pub(crate) mod update;
    pub(crate) mod url;
    pub(crate) mod watchdog;
}

// Where they look for each other.
use client::{
    attempt, backoff, classifier, connection, decision, error, intake, outgoing, policy, redirect,
    request, response, retry_after, setbacks, stats, update, url, watchdog,
};

fuzz_target!(|input: Input| {
    let mut model = Model::new(&input.settings);
    for happening in input.happenings.into_iter().take(100) {
        model.happen(happening);
    }
    model.drain();
});
