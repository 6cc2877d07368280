//! Host names in environment values: what a container says it talks to. Values themselves are never kept, nor are the
//! credentials a URL may carry.

/// What the last part of a variable's name ends with when its value is an address even if it looks like any other word:
/// `DB_HOST`, `KAFKA_BROKERS`; not `OTEL_SERVICE_NAME`.
const ADDRESS_WORDS: [&str; 13] = [
    "HOST",
    "HOSTS",
    "URL",
    "URI",
    "ADDR",
    "ADDRESS",
    "ENDPOINT",
    "ENDPOINTS",
    "SERVER",
    "SERVERS",
    "SERVICE",
    "DSN",
    "BROKERS",
];

/// Values of switches, whatever their name.
const NO_HOSTS: [&str; 7] = ["true", "false", "on", "off", "yes", "no", "none"];

/// The hosts of `value` when it is an address, or several with commas between.
pub(super) fn in_value<'v>(name: &str, value: &'v str) -> impl Iterator<Item = &'v str> {
    addresses(name, value).map(|(host, _)| host)
}

/// Hosts with the port they are to be talked to at: `db:5432`, or `DB_HOST` and `DB_PORT` side by side.
pub(super) fn with_ports<'v>(variables: &[(&'v str, &'v str)]) -> Vec<(&'v str, u16)> {
    let port_beside = |name: &str| {
        let beside = name.strip_suffix("HOST")?;
        let port = variables.iter().find(|(other, _)| other.strip_suffix("PORT") == Some(beside));
        port.and_then(|(_, value)| value.parse().ok())
    };
    let targets = variables.iter().flat_map(|(name, value)| {
        addresses(name, value).filter_map(move |(host, port)| Some((host, port.or_else(|| port_beside(name))?)))
    });
    targets.collect()
}

/// What a variable or a flag is called, in capitals, when its value is an address.
pub(super) fn is_address_word(last: &str) -> bool {
    ADDRESS_WORDS.iter().any(|word| last.ends_with(word))
}

fn addresses<'v>(name: &str, value: &'v str) -> impl Iterator<Item = (&'v str, Option<u16>)> {
    let last = name.rsplit('_').next().unwrap_or_default().to_ascii_uppercase();
    let named = is_address_word(&last);
    value.split(',').filter_map(move |part| address(part.trim(), named))
}

/// `user:password@host:5432/path` with or without a scheme. A bare word counts only when the variable says so.
pub(super) fn address(text: &str, named: bool) -> Option<(&str, Option<u16>)> {
    let (is_url, rest) = match text.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, text),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let port = port.and_then(|port| port.parse::<u16>().ok());
    let is_address =
        is_url || named || port.is_some() || host.ends_with(".svc") || host.ends_with(".svc.cluster.local");
    (is_address && is_name(host) && !NO_HOSTS.contains(&host)).then_some((host, port))
}

/// A DNS name, and not an IP address or a number.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(label) && host.bytes().any(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{in_value, with_ports};

    #[test]
    fn ports_are_found_in_addresses_and_beside_hosts() {
        let variables = [("DB_HOST", "orders-db"), ("DB_PORT", "5432"), ("CACHE", "redis:6379"), ("PORT", "8080")];
        assert_eq!(with_ports(&variables), [("orders-db", 5432), ("redis", 6379)]);
    }

    #[test]
    fn hosts_are_found_as_applications_write_them() {
        for (name, value, hosts) in [
            ("ORDERS_DB_HOST", "orders-db", &["orders-db"][..]),
            ("DATABASE_URL", "postgres://app:s3cret@orders-db.shop.svc:5432/orders?x=y", &["orders-db.shop.svc"]),
            ("KAFKA", "kafka-0.kafka:9092, kafka-1.kafka:9092", &["kafka-0.kafka", "kafka-1.kafka"]),
            ("LOG_LEVEL", "info", &[]),
            ("REDIS_ADDR", "10.0.0.1:6379", &[]),
            ("SERVICE_PORT", "8080", &[]),
            ("SOCKET_REUSE_ADDRESS", "true", &[]),
            ("OTEL_SERVICE_NAME", "checkout", &[]),
            ("KAFKA_BROKERS", "kafka", &["kafka"]),
            ("BACKEND_URL", "https://UPPER.example.com", &[]),
            ("NOTE", "see: this", &[]),
        ] {
            assert_eq!(in_value(name, value).collect::<Vec<_>>(), hosts, "{name}={value}");
        }
    }
}
