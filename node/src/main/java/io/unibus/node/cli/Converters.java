package io.unibus.node.cli;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Handle;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.Subject;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** From arguments to values; what is wrong with an argument is said in the words of the value's own type. */
final class Converters {
    private Converters() {}

    static final class ToEndpoint implements ITypeConverter<Endpoint> {
        @Override
        public Endpoint convert(String text) {
            return orRefuse(() -> Endpoint.parse(text));
        }
    }

    static final class ToHandle implements ITypeConverter<Handle> {
        @Override
        public Handle convert(String text) {
            return orRefuse(() -> new Handle(text));
        }
    }

    static final class ToRoomId implements ITypeConverter<RoomId> {
        @Override
        public RoomId convert(String text) {
            return orRefuse(() -> new RoomId(text));
        }
    }

    static final class ToSubject implements ITypeConverter<Subject> {
        @Override
        public Subject convert(String text) {
            return orRefuse(() -> new Subject(text));
        }
    }

    static final class ToNodeUrl implements ITypeConverter<URI> {
        @Override
        public URI convert(String text) {
            try {
                URI url = new URI(text);
                if (url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                    return url;
                }
            } catch (URISyntaxException e) {
                // refused below, as what is a URI but of no node
            }
            throw new TypeConversionException("a node's URL is like http://127.0.0.1:8420, not '" + text + "'");
        }
    }

    static final class ToNatsUrl implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            try {
                URI url = new URI(text);
                if (url.getHost() != null && isBus(url.getScheme()) && url.getUserInfo() == null) {
                    return text;
                }
            } catch (URISyntaxException e) {
                // refused below, as what is a URI but of no bus
            }
            throw new TypeConversionException("the URL of a bus is like nats://127.0.0.1:4222, not '" + text + "'");
        }

        private static boolean isBus(@Nullable String scheme) {
            return "nats".equals(scheme) || "tls".equals(scheme);
        }
    }

    private static <T> T orRefuse(java.util.function.Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
