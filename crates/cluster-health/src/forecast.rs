//! Series of measurements: where they go, when they reach a bound, and what in them is out of the ordinary.
//!
//! Pure mathematics on evenly spaced numbers. Every answer carries an interval and the data it rests on, or is
//! [`TooLittle`] history. Seasons come from STL, a decomposition by local regression (crate `stlrs`). Trend and intervals
//! are our own: the crates that forecast bring a linear algebra library, which is more code than all of this server's.

mod anomalies;
mod daily;
mod exhaustion;
mod series;
mod statistics;
#[cfg(test)]
mod tests;

pub use anomalies::{Anomaly, Scan, anomalies};
pub use daily::{Forecast, Projection, forecast};
pub use exhaustion::{Exhaustion, exhaustion};
pub use series::{Grid, TooLittle};
pub use statistics::quantile;
