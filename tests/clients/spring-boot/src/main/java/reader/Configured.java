package reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.stereotype.Component;

/** What the application reads now, and from which sources of the configuration server. */
@Component
class Configured {
    record Values(
            String port, List<String> profiles, List<String> sources, Map<String, String> properties, Pool pool) {}

    private static final String PREFIX = "configserver:";

    private final ConfigurableEnvironment environment;
    private final Pool pool;

    Configured(ConfigurableEnvironment environment, Pool pool) {
        this.environment = environment;
        this.pool = pool;
    }

    Values now() {
        var sources = new ArrayList<String>();
        var properties = new TreeMap<String, String>();
        for (var source : environment.getPropertySources()) {
            if (source.getName().startsWith(PREFIX) && source instanceof EnumerablePropertySource<?> enumerable) {
                sources.add(source.getName().substring(PREFIX.length()));
                for (var name : enumerable.getPropertyNames()) {
                    properties.put(name, environment.getProperty(name));
                }
            }
        }
        var port = environment.getProperty("local.server.port");
        return new Values(port, List.of(environment.getActiveProfiles()), sources, properties, pool);
    }
}
