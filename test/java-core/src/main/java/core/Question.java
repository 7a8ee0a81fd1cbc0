package core;

import java.math.BigDecimal;
import java.util.List;

/** A sparse update of client 12 that changes one field. */
record Question(String name, String field, Object value) {
    static final List<Question> all = List.of(
            new Question("allow", "credit", new BigDecimal("100.5000000000")),
            new Question("modify", "name", "  Example   Telecom "),
            new Question("forbid", "credit", new BigDecimal("5000.0000000000")));
}
