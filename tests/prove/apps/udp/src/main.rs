//! Echoes datagrams on a port that is worked out.

use std::net::UdpSocket;

fn main() -> std::io::Result<()> {
    let port = "dns".bytes().map(u16::from).sum::<u16>() * 16;
    let socket = UdpSocket::bind(("0.0.0.0", port))?;
    let mut buffer = [0; 512];
    loop {
        let (count, peer) = socket.recv_from(&mut buffer)?;
        socket.send_to(&buffer[..count], peer)?;
    }
}
