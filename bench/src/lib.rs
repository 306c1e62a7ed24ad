//! Compares `sse-codec` with the published crates that parse or write event streams.
//!
//! All of them read the same chunks, hand the same three texts of every event to the same sink, and take their turns in one
//! process, so that what disturbs one disturbs all. A crate whose events are not the expected ones is named, not timed.

pub mod chart;
pub mod chunks;
pub mod encoders;
pub mod field_lines;
pub mod floors;
pub mod instructions;
pub mod machine;
pub mod measure;
pub mod oracle;
pub mod parsers;
pub mod peers;
pub mod ready;
pub mod report;
pub mod results;
pub mod sink;
pub mod stopwatch;
pub mod workload;
