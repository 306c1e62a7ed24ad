//! [`Page`]: a page in the browser.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::chromium::Chromium;

/// A page in the browser.
pub(crate) struct Page<'a> {
    browser: &'a Chromium,
    session: String,
}

impl<'a> Page<'a> {
    pub(crate) fn new(browser: &'a Chromium, session: &str) -> Self {
        let page = Self {
            browser,
            session: session.to_owned(),
        };
        page.command("Page.enable", &json!({}));
        page.command("Runtime.enable", &json!({}));
        page.command("Log.enable", &json!({}));
        page
    }

    /// Goes to a URL, and waits until the page there is complete.
    pub(crate) fn go(&self, url: &str) {
        self.browser.events(&self.session, &["Page.loadEventFired"]);
        let result = self.command("Page.navigate", &json!({ "url": url }));
        assert_eq!(result.get("errorText"), None, "cannot open {url}");
        self.browser.event(&self.session, "Page.loadEventFired");
    }

    /// Evaluates an expression in the page and returns its value. If it is a promise, waits for what it resolves to.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let result = self.command("Runtime.evaluate", &parameters);
        if let Some(exception) = result.get("exceptionDetails") {
            panic!("the page throws: {exception:#}");
        }
        result["result"]["value"].clone()
    }

    /// Waits until the text of the page has something.
    pub(crate) fn wait_for_text(&self, text: &str) {
        let text = Value::from(text).to_string();
        self.evaluate(&format!(
            "new Promise((resolve, reject) => {{
                const wanted = {text};
                const look = () => {{
                    if (!document.body.innerText.includes(wanted)) return false;
                    observer.disconnect();
                    resolve();
                    return true;
                }};
                const observer = new MutationObserver(look);
                observer.observe(document, {{subtree: true, childList: true, characterData: true, attributes: true}});
                if (!look()) {{
                    setTimeout(() => reject(new Error(wanted + ' is not in: ' + document.body.innerText)), 30000);
                }}
            }})"
        ));
    }

    /// Switches scripts on or off, for pages that are opened from now on.
    pub(crate) fn set_scripts(&self, are_on: bool) {
        self.command(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": !are_on}),
        );
    }

    /// Sets the colors that the reader prefers: `light` or `dark`.
    pub(crate) fn set_colors(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Sets the size of the window.
    pub(crate) fn set_size(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Saves what the page looks like, for people to look at.
    pub(crate) fn save_screenshot(&self, name: &str) -> PathBuf {
        let image = self.command("Page.captureScreenshot", &json!({}));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&folder).expect("a folder for screenshots");
        let path = folder.join(format!("{name}.png"));
        let image = from_base64(image["data"].as_str().expect("an image"));
        fs::write(&path, image).expect("a screenshot is saved");
        path
    }

    /// What has gone wrong in the page so far: exceptions, and what the console shows as an error. Each once.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let methods = [
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
        ];
        let events = self.browser.events(&self.session, &methods);
        events
            .iter()
            .map(|event| event["params"].to_string())
            .collect()
    }

    fn command(&self, method: &str, parameters: &Value) -> Value {
        self.browser
            .command(Some(&self.session), method, parameters)
    }
}

/// Decodes base64, in which the protocol wraps images.
fn from_base64(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for character in text.bytes().filter(|&character| character != b'=') {
        let value = BASE64.iter().position(|&known| known == character);
        bits = bits << 6 | u32::try_from(value.expect("base64")).expect("less than 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend((bits >> count).to_le_bytes().first());
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
