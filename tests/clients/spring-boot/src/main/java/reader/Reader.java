package reader;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;

/** An ordinary application: it prints what it was configured with on one line of JSON. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class Reader {
    public static void main(String[] arguments) {
        SpringApplication.run(Reader.class, arguments);
    }

    @Bean
    ApplicationRunner report(Configured configured, ObjectMapper json) {
        return arguments -> System.out.println(json.writeValueAsString(configured.now()));
    }
}
