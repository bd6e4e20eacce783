package example.web;

import example.core.Greeting;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Application {
    private final JdbcClient database;

    Application(JdbcClient database) {
        this.database = database;
        database.sql("create table if not exists visit (id identity)").update();
    }

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @GetMapping("/")
    String hello() {
        database.sql("insert into visit default values").update();
        long visits = database.sql("select count(*) from visit").query(Long.class).single();
        return Greeting.of("modules") + ", visit " + visits;
    }
}
