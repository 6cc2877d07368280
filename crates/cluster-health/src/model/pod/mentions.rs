//! Host names in arguments, commands and probes: `--db-host=orders-db`, `nc -z orders-db 5432`. The words themselves are
//! never kept, only what may be a host in them; whether it is one shows when a Service has that name.

use crate::decode::slot::{Entry, Misfit, Nested, Scalar, Slot};

use super::hosts::{address, is_address_word};

/// What may be hosts in one list of words, as an API object writes it. Other words are stepped over.
#[derive(Debug, Default)]
pub struct Mentions {
    pub(super) hosts: Vec<String>,
    /// The storage driver that a registrar hands to the kubelet, by the folder of its socket.
    pub(super) csi_driver: Option<String>,
    /// A flag or a command has said that a host follows.
    announced: bool,
}

/// Commands whose first word without a dash is a host.
const ASKS: [&str; 12] = [
    "dig",
    "getent",
    "host",
    "nc",
    "ncat",
    "netcat",
    "nslookup",
    "ping",
    "telnet",
    "wait-for",
    "wait-for-it",
    "wait-for-it.sh",
];

/// Flags of database clients that a host follows.
const HOST_FLAGS: [&str; 2] = ["-h", "-H"];

/// Tells a registrar where the kubelet finds the driver: `/var/lib/kubelet/plugins/<driver>/csi.sock`.
const REGISTRATION: &str = "--kubelet-registration-path";

fn driver_of(path: &str) -> Option<&str> {
    let (folder, _) = path.rsplit_once('/')?;
    folder.rsplit('/').next().filter(|name| name.contains('.'))
}

impl Mentions {
    fn argument(&mut self, text: &str) {
        let is_gap =
            |c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '(' | ')' | '<' | '>' | '"' | '\'' | '`');
        text.split(is_gap).filter(|word| !word.is_empty()).for_each(|word| self.word(word));
    }

    fn word(&mut self, word: &str) {
        let (name, value) = match word.split_once('=') {
            // A URL may have questions of its own
            Some((name, value)) if !name.contains("://") => (name, Some(value)),
            _ => (word, None),
        };
        let last = name.rsplit(['-', '_', '.']).next().unwrap_or_default();
        let names_host = is_address_word(&last.to_ascii_uppercase());
        if name == REGISTRATION {
            self.csi_driver = value.and_then(driver_of).map(str::to_owned);
        } else if let Some(value) = value {
            self.addresses(value, names_host);
        } else if word.starts_with('-') {
            self.announced |= names_host || HOST_FLAGS.contains(&word);
        } else if ASKS.contains(&word.rsplit('/').next().unwrap_or_default()) {
            self.announced = true;
        } else if self.addresses(word, self.announced) {
            self.announced = false;
        }
    }

    /// Whether there was one.
    fn addresses(&mut self, value: &str, named: bool) -> bool {
        let before = self.hosts.len();
        let found = value.split(',').filter_map(|part| address(part, named));
        self.hosts.extend(found.map(|(host, _)| host.to_owned()));
        self.hosts.len() > before
    }
}

/// Each word is read where it lies, so that nothing is copied that is not kept.
impl Slot for Mentions {
    fn expecting(&self) -> &'static str {
        "a list of words"
    }

    fn open(&mut self, nested: Nested) -> bool {
        nested == Nested::List
    }

    fn element(&mut self) -> Entry<'_> {
        Entry::Slot(self)
    }

    fn scalar(&mut self, value: Scalar<'_>) -> Result<(), Misfit> {
        let Scalar::Text(word) = value else { return Err(Misfit::Type) };
        self.argument(word);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Mentions;

    /// Words as they stand in a list.
    fn read(words: &[&str]) -> Mentions {
        let mut mentions = Mentions::default();
        words.iter().for_each(|word| mentions.argument(word));
        mentions
    }

    #[test]
    fn a_registrar_says_which_driver_it_registers() {
        let found = read(&["--v=5", "--kubelet-registration-path=/var/lib/kubelet/plugins/ebs.csi.aws.com/csi.sock"]);
        assert_eq!(found.csi_driver.as_deref(), Some("ebs.csi.aws.com"));
    }

    #[test]
    fn hosts_are_found_in_arguments_as_people_write_them() {
        for (words, found) in [
            (&["--db-host=orders-db", "--level=info"][..], &["orders-db"][..]),
            (&["serve", "--upstream.url", "http://api:8080/v1?x=y", "--workers", "4"][..], &["api"]),
            (&["--brokers=kafka-0.kafka:9092,kafka-1.kafka:9092"][..], &["kafka-0.kafka", "kafka-1.kafka"]),
            (&["sh", "-c", "until nc -z -w 2 orders-db 5432; do echo waiting; sleep 2; done"][..], &["orders-db"]),
            (&["pg_isready", "-U", "app", "-h", "orders-db"][..], &["orders-db"]),
            (&["/usr/bin/nslookup", "ledger.payments.svc"][..], &["ledger.payments.svc"]),
            (&["postgres://app:s3cret@orders-db:5432/orders"][..], &["orders-db"]),
            (&["--config=/etc/app.yaml", "web", "orders-db"][..], &[]),
            (&["--listen-address=0.0.0.0:8080", "--timeout=5s"][..], &[]),
        ] {
            assert_eq!(read(words).hosts, found, "{words:?}");
        }
    }
}
