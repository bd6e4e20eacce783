//! Services that a program connects to. Their ports are not the program's.

/// Ports of well-known services, which a program connects to.
const FOREIGN: [u16; 19] = [
    25, 465, 587, 993, 1433, 1521, 2181, 2379, 3306, 4222, 4317, 5432, 5672, 6379, 9042, 9092,
    9200, 11211, 27017,
];

/// True for the port of another service.
pub(crate) fn is_foreign(port: u16) -> bool {
    FOREIGN.contains(&port)
}

/// Words in the names of settings for other services.
const OTHERS: [&str; 24] = [
    "database",
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "smtp",
    "mail",
    "kafka",
    "rabbit",
    "amqp",
    "nats",
    "ldap",
    "elastic",
    "memcache",
    "etcd",
    "proxy",
    "clickhouse",
    "minio",
    "imap",
    "upstream",
    "vault",
    "consul",
    "db",
];

/// True if words are about a database, a mail server or a similar service.
pub(crate) fn is_other_service(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        OTHERS.iter().any(|other| word == *other || (other.len() > 4 && word.contains(other)))
    })
}
