import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Version;
import org.tartarus.snowball.ext.EnglishStemmer;

/** Lucene, measured: the commands and the lines of tests/bench/README.md. */
public final class Bench {
  private static final double BUFFER_MB = 256;
  private static final int ROUNDS = 5;
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private static final Analyzer ANALYZER = new Analyzer() {
    @Override
    protected TokenStreamComponents createComponents(String field) {
      Tokenizer words = new StandardTokenizer();
      var stems = new SnowballFilter(new LowerCaseFilter(words), new EnglishStemmer());
      return new TokenStreamComponents(words, stems);
    }
  };

  public static void main(String[] a) throws Exception {
    Object answer = switch (a[0]) {
      case "version" -> Map.of("version", Version.LATEST + ", Java " + Runtime.version());
      case "index" -> index(Path.of(a[1]), Path.of(a[2]), Integer.parseInt(a[3]));
      case "merge" -> merge(Path.of(a[1]));
      case "replace" -> replace(Path.of(a[1]), Path.of(a[2]), a[3]);
      case "first" -> first(Path.of(a[1]), a[2]);
      case "serve" -> serve(Path.of(a[1]));
      default -> throw new IllegalArgumentException("unknown command " + a[0]);
    };
    print(answer);
    OUT.flush();
  }

  // What is indexed: as in every other runner, title and body with positions, both stored.

  /** A line is document, title, number, text. */
  private static Document document(String[] row) {
    Document document = new Document();
    document.add(new StringField("document", row[0], Field.Store.YES));
    document.add(new TextField("title", row[1], Field.Store.YES));
    document.add(new StoredField("number", Integer.parseInt(row[2])));
    document.add(new NumericDocValuesField("number", Integer.parseInt(row[2])));
    document.add(new TextField("body", row[3], Field.Store.YES));
    return document;
  }

  private static IndexWriter writer(Directory directory) throws IOException {
    IndexWriterConfig config = new IndexWriterConfig(ANALYZER);
    return new IndexWriter(directory, config.setRAMBufferSizeMB(BUFFER_MB).setUseCompoundFile(false));
  }

  private static Object index(Path paragraphs, Path folder, int cores) throws Exception {
    List<String[]> rows = read(paragraphs);
    System.gc();
    long start = System.nanoTime();
    double seconds;
    int segments;
    try (var directory = new MMapDirectory(folder);
        var threads = Executors.newFixedThreadPool(cores)) {
      try (var writer = writer(directory)) {
        AtomicInteger next = new AtomicInteger();
        Callable<Void> add = () -> {
          for (int i = next.getAndIncrement(); i < rows.size(); i = next.getAndIncrement()) {
            writer.addDocument(document(rows.get(i)));
          }
          return null;
        };
        List<Callable<Void>> work = Collections.nCopies(cores, add);
        for (Future<Void> done : threads.invokeAll(work)) done.get();
        writer.commit();
        seconds = since(start);
      }
      try (var reader = DirectoryReader.open(directory)) {
        segments = reader.leaves().size();
      }
    }
    return Map.of("seconds", seconds, "settled_seconds", since(start), "segments", segments);
  }

  private static List<String[]> read(Path paragraphs) throws IOException {
    try (var lines = Files.lines(paragraphs)) {
      return lines.map(line -> line.split("\t")).toList();
    }
  }

  private static Object merge(Path folder) throws IOException {
    long start = System.nanoTime();
    try (var directory = new MMapDirectory(folder); var writer = writer(directory)) {
      writer.forceMerge(1);
      writer.commit();
    }
    return Map.of("seconds", since(start), "segments", 1);
  }

  /** Replaces a document several times; the writer is open already, as in a server. */
  private static Object replace(Path folder, Path paragraphs, String id) throws Exception {
    List<Double> seconds = new ArrayList<>();
    List<Integer> found = new ArrayList<>();
    try (var directory = new MMapDirectory(folder); var writer = writer(directory)) {
      DirectoryReader reader = DirectoryReader.open(directory);
      for (int round = 0; round < ROUNDS; round++) {
        String mark = "zyzzyvaquux" + round;
        long start = System.nanoTime();
        writer.deleteDocuments(new Term("document", id));
        boolean isFirst = true;
        for (String[] row : read(paragraphs)) {
          if (isFirst) row[3] += " " + mark;
          isFirst = false;
          writer.addDocument(document(row));
        }
        writer.commit();
        DirectoryReader newer = DirectoryReader.openIfChanged(reader);
        found.add(new Engine(newer).count(mark));
        seconds.add(since(start));
        reader.close();
        reader = newer;
      }
      reader.close();
    }
    return Map.of("seconds", seconds, "found", found);
  }

  // Searching.

  private static final class Engine {
    private final DirectoryReader reader;
    private final IndexSearcher searcher;
    private final QueryParser parser = new QueryParser("body", ANALYZER);

    Engine(DirectoryReader reader) {
      this.reader = reader;
      searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null); // no engine may keep what it answered before
    }

    static Engine open(Path folder) throws IOException {
      return new Engine(DirectoryReader.open(new MMapDirectory(folder)));
    }

    /** The best k; hits are counted up to a threshold, and what cannot reach them is skipped. */
    TopDocs top(String text, int k, int threshold) throws IOException, ParseException {
      Query query = parser.parse(text);
      return searcher.search(query, new TopScoreDocCollectorManager(k, null, threshold));
    }

    int count(String text) throws IOException, ParseException {
      return searcher.count(parser.parse(text));
    }

    long fetch(ScoreDoc[] hits) throws IOException {
      StoredFields stored = reader.storedFields();
      long characters = 0;
      for (ScoreDoc hit : hits) characters += stored.document(hit.doc).get("body").length();
      if (characters < hits.length) throw new IllegalStateException("a hit has no text");
      return hits.length;
    }

    /** Runs one query; its total, or how many hits came. */
    long run(String command, String text, ScoreDoc[] hits) throws IOException, ParseException {
      return switch (command) {
        case "TOP_10" -> top(text, 10, 10).scoreDocs.length;
        case "TOP_100" -> top(text, 100, 100).scoreDocs.length;
        case "TOP_1000" -> top(text, 1000, 1000).scoreDocs.length;
        case "TOP_10_COUNT" -> top(text, 10, Integer.MAX_VALUE).totalHits.value();
        case "COUNT" -> count(text);
        case "FETCH_10" -> fetch(hits);
        default -> throw new IllegalArgumentException("unknown command " + command);
      };
    }
  }

  private static Object first(Path folder, String text) throws Exception {
    long start = System.nanoTime();
    Engine engine = Engine.open(folder);
    double opened = since(start);
    engine.top(text, 10, 10);
    return Map.of("open_ms", opened * 1e3, "first_ms", (since(start) - opened) * 1e3);
  }

  private static Object serve(Path folder) throws Exception {
    Engine engine = Engine.open(folder);
    var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      JsonObject request = JsonParser.parseString(line).getAsJsonObject();
      String command = request.get("command").getAsString();
      for (JsonElement each : request.getAsJsonArray("queries")) {
        print(row(engine, command, each.getAsJsonObject()));
      }
      print(Map.of("done", true));
      OUT.flush();
    }
    return Map.of("segments", engine.reader.leaves().size());
  }

  private static JsonObject row(Engine engine, String command, JsonObject query) throws Exception {
    String text = query.get("text").getAsString();
    ScoreDoc[] hits = command.equals("FETCH_10") ? engine.top(text, 10, 10).scoreDocs : null;
    long start = System.nanoTime();
    long total = engine.run(command, text, hits);
    long ns = System.nanoTime() - start;
    JsonObject row = new JsonObject();
    row.add("class", query.get("class"));
    row.addProperty("command", command);
    row.add("query", query.get("query"));
    row.addProperty("total", total);
    row.addProperty("ns", ns);
    return row;
  }

  private static void print(Object value) {
    OUT.println(new Gson().toJson(value));
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
