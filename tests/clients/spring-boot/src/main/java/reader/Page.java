package reader;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the application reads at the moment of the request. */
@RestController
class Page {
    private final Configured configured;

    Page(Configured configured) {
        this.configured = configured;
    }

    @GetMapping("/configured")
    Configured.Values configured() {
        return configured.now();
    }
}
