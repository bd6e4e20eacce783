//! Services that a program talks to: what listens there is not the program.

/// Ports that belong to a service which a program talks to, not to the program.
const FOREIGN: [u16; 19] = [
    25, 465, 587, 993, 1433, 1521, 2181, 2379, 3306, 4222, 4317, 5432, 5672, 6379, 9042, 9092,
    9200, 11211, 27017,
];

/// A port that belongs to another service, by its number.
pub fn is_foreign(port: u16) -> bool {
    FOREIGN.contains(&port)
}

/// Words of settings that belong to another service than the one that listens.
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

/// True where words speak of a database, a mail server and the like.
pub fn is_other_service(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        OTHERS.iter().any(|other| word == *other || (other.len() > 4 && word.contains(other)))
    })
}
