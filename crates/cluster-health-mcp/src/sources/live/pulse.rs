//! Feels now and then whether anybody is there: watches of a quiet cluster are silent for a minute, and so are those of a
//! server that is gone without a word.

use std::sync::Arc;

use serde::de::IgnoredAny;
use tokio::time::sleep;

use super::failure::Failure;
use super::follow::Source;
use super::timing::spread;

/// What every identity may ask for, and costs an API server nothing.
const QUESTION: &str = "/version";

/// Never returns.
pub(super) async fn feel(source: Arc<Source>) {
    let pause = source.timing.pulse;
    loop {
        sleep(spread(pause, pause / 4)).await;
        if is_dead(source.connection.get_json::<IgnoredAny>(QUESTION).await.err()) {
            source.world.doubt.notify_waiters();
        }
    }
}

/// A refusal is a sign of life, unless it is of somebody who stands before a server that is gone.
fn is_dead(failure: Option<Failure>) -> bool {
    match failure {
        None | Some(Failure::Forbidden | Failure::Credentials(_)) => false,
        Some(Failure::Refused { code, .. }) => code >= 500,
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_signs_of_life_and_gateways_are_none() {
        let refused = |code| Some(Failure::Refused { code, words: String::new(), retry_after: None });
        assert!(!is_dead(None) && !is_dead(Some(Failure::Forbidden)) && !is_dead(refused(429)));
        assert!(is_dead(refused(502)) && is_dead(Some(Failure::Unreachable("refused".to_owned()))));
        assert!(is_dead(Some(Failure::Garbled("a login page".to_owned()))));
    }
}
