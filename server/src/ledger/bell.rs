//! The bell: rung after a commit, heard by whoever tells waiting clients that there is news.

use std::collections::BTreeSet;

use anfang_protocol::{feed::Channel, ids::JurisdictionId};
use tokio::sync::broadcast;

use super::Place;

/// Channels in which something changed.
#[derive(Debug, Clone)]
pub struct Rung {
    pub jurisdiction: JurisdictionId,
    pub channels: BTreeSet<Channel>,
}

/// A hint may be lost without harm: clients ask by themselves, too.
const QUEUE: usize = 1024;

#[derive(Debug, Clone)]
pub struct Bell(broadcast::Sender<Rung>);

impl Default for Bell {
    fn default() -> Self {
        Bell(broadcast::channel(QUEUE).0)
    }
}

impl Bell {
    /// To be called after the commit of a transaction that placed these items.
    pub fn ring(&self, jurisdiction: JurisdictionId, places: &[Place]) {
        if !places.is_empty() {
            let channels = places.iter().map(|place| place.channel).collect();
            // Nobody listening is fine.
            let _ = self.0.send(Rung { jurisdiction, channels });
        }
    }

    pub fn listen(&self) -> broadcast::Receiver<Rung> {
        self.0.subscribe()
    }
}
