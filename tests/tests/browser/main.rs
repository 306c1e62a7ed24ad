//! What Chromium makes of our server and of our vectors, and whether our client goes by the same rules as its
//! `EventSource`: an outside judge, since nobody here wrote it.
//!
//! Chromium and its driver are needed; `scripts/setup` installs them.

mod broadcast;
mod cases;
mod chromium;
mod example;
mod hello;
mod hub;
mod page;
mod pipe;
mod report;
mod rules;
mod script;
mod server;
mod vectors;
