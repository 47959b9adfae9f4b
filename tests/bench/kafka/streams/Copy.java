import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Copies topics with Kafka Streams for BenchmarkDelivery, one after the other in one JVM.
 *
 * <p>The arguments are the brokers and a folder. A line on standard input, "guarantee application in out", starts a copy.
 * The next line ends it: once that is done the answer is the CPU time in nanoseconds that the JVM, all its threads
 * included, has spent between the two lines. Closing is not in it: a copy that has nothing to do any more may take 45
 * seconds of a whole core to close. The end of the input ends the program.
 */
public final class Copy {
    private Copy() {}

    public static void main(String[] args) throws Exception {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null;) {
            String[] order = line.split(" ");
            long before = process.getProcessCpuTime();
            var streams = copy(order[2], order[3], settings(args[0], args[1], order[0], order[1]));
            lines.readLine();
            long spent = process.getProcessCpuTime() - before;
            streams.close();
            System.out.println(spent);
        }
    }

    private static KafkaStreams copy(String in, String out, Properties settings) {
        var topology = new StreamsBuilder();
        topology.stream(in).to(out);
        var streams = new KafkaStreams(topology.build(), settings);
        streams.setUncaughtExceptionHandler(cause -> {
            cause.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        return streams;
    }

    private static Properties settings(String brokers, String folder, String guarantee, String application) {
        var settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        // What our own default is: a transaction of 100 ms, two at the same time.
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        // The rest is there to make it fast: batches as large as ours, and enough at hand to fill them.
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1_000_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L << 20);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "none");
        return settings;
    }
}
