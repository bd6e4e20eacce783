pub fn text(uid: u32) -> String {
    serde_json::json!({ "text": "hello from workspace", "uid": uid }).to_string()
}
