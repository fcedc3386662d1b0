//! The Tantivy crate, measured: the commands and the lines of tests/bench/README.md.

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, BufReader, Write},
    time::Instant,
};

use serde_json::{json, Value};
use tantivy::{
    collector::{Count, TopDocs},
    query::{Query, QueryParser},
    schema::{document::Value as _, *},
    DocAddress, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Bytes of memory in which the writer's threads collect a segment, all together.
const HEAP: usize = 256_000_000;
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments[..] {
        ["version"] => json!({"version": tantivy::version_string()}),
        ["index", paragraphs, folder, cores] => index(paragraphs, folder, cores.parse()?)?,
        ["merge", folder] => merge(folder)?,
        ["replace", folder, paragraphs, id] => replace(folder, paragraphs, id)?,
        ["first", folder, text] => first(folder, text)?,
        ["serve", folder] => serve(folder)?,
        _ => return Err("unknown command".into()),
    };
    println!("{answer}");
    Ok(())
}

// What is indexed: as in every other runner, title and body with positions, both stored.

struct Fields {
    document: Field,
    title: Field,
    number: Field,
    body: Field,
}

fn schema() -> Schema {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("en_stem")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing).set_stored();
    let mut builder = Schema::builder();
    builder.add_text_field("document", STRING | STORED);
    builder.add_text_field("title", text.clone());
    builder.add_u64_field("number", STORED | FAST);
    builder.add_text_field("body", text);
    builder.build()
}

fn fields(schema: &Schema) -> Result<Fields> {
    Ok(Fields {
        document: schema.get_field("document")?,
        title: schema.get_field("title")?,
        number: schema.get_field("number")?,
        body: schema.get_field("body")?,
    })
}

/// Reads every paragraph of a file (document, title, number, text), with `mark` behind the first.
fn read(fields: &Fields, path: &str, mark: &str) -> Result<Vec<TantivyDocument>> {
    let mut documents = vec![];
    for line in BufReader::with_capacity(1 << 20, fs::File::open(path)?).lines() {
        let line = line?;
        let mut columns = line.split('\t');
        let mut column = || columns.next().ok_or("a line has too few columns");
        let mut document = TantivyDocument::default();
        document.add_text(fields.document, column()?);
        document.add_text(fields.title, column()?);
        document.add_u64(fields.number, column()?.parse()?);
        let text = column()?;
        if documents.is_empty() && !mark.is_empty() {
            document.add_text(fields.body, format!("{text} {mark}"));
        } else {
            document.add_text(fields.body, text);
        }
        documents.push(document);
    }
    Ok(documents)
}

fn index(paragraphs: &str, folder: &str, cores: usize) -> Result<Value> {
    fs::create_dir_all(folder)?;
    let index = Index::create_in_dir(folder, schema())?;
    let documents = read(&fields(&index.schema())?, paragraphs, "")?;
    let start = Instant::now();
    let mut writer: IndexWriter = index.writer_with_num_threads(cores, HEAP)?;
    for document in documents {
        writer.add_document(document)?;
    }
    writer.commit()?;
    let seconds = start.elapsed().as_secs_f64();
    writer.wait_merging_threads()?;
    Ok(json!({
        "seconds": seconds,
        "settled_seconds": start.elapsed().as_secs_f64(),
        "segments": index.searchable_segment_ids()?.len(),
    }))
}

fn merge(folder: &str) -> Result<Value> {
    let start = Instant::now();
    let index = Index::open_in_dir(folder)?;
    let mut writer: IndexWriter = index.writer_with_num_threads(1, HEAP)?;
    let ids = index.searchable_segment_ids()?;
    if ids.len() > 1 {
        writer.merge(&ids).wait()?;
    }
    writer.garbage_collect_files().wait()?;
    writer.wait_merging_threads()?;
    Ok(json!({
        "seconds": start.elapsed().as_secs_f64(),
        "segments": index.searchable_segment_ids()?.len(),
    }))
}

/// Replaces a document several times; the writer is open already, as in a server.
fn replace(folder: &str, paragraphs: &str, id: &str) -> Result<Value> {
    let index = Index::open_in_dir(folder)?;
    let fields = fields(&index.schema())?;
    let reader = reader(&index)?;
    let mut writer: IndexWriter = index.writer_with_num_threads(1, HEAP)?;
    let (mut seconds, mut found) = (vec![], vec![]);
    for round in 0..ROUNDS {
        let mark = format!("zyzzyvaquux{round}");
        let start = Instant::now();
        writer.delete_term(Term::from_field_text(fields.document, id));
        for document in read(&fields, paragraphs, &mark)? {
            writer.add_document(document)?;
        }
        writer.commit()?;
        reader.reload()?;
        let parser = QueryParser::for_index(&index, vec![fields.body]);
        found.push(reader.searcher().search(&parser.parse_query(&mark)?, &Count)?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    writer.wait_merging_threads()?;
    Ok(json!({"seconds": seconds, "found": found}))
}

// Searching.

fn reader(index: &Index) -> Result<IndexReader> {
    Ok(index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?)
}

struct Engine {
    searcher: Searcher,
    parser: QueryParser,
    body: Field,
}

impl Engine {
    fn open(folder: &str) -> Result<Self> {
        let index = Index::open_in_dir(folder)?;
        let body = index.schema().get_field("body")?;
        let searcher = reader(&index)?.searcher();
        Ok(Engine { searcher, parser: QueryParser::for_index(&index, vec![body]), body })
    }

    fn parse(&self, text: &str) -> Result<Box<dyn Query>> {
        Ok(self.parser.parse_query(text)?)
    }

    /// The best k; without a count, the collector lets the scorers skip what cannot reach them.
    fn top(&self, text: &str, k: usize) -> Result<Vec<(f32, DocAddress)>> {
        let collector = TopDocs::with_limit(k).order_by_score();
        Ok(self.searcher.search(&self.parse(text)?, &collector)?)
    }

    fn top_and_count(&self, text: &str) -> Result<usize> {
        let collector = (TopDocs::with_limit(10).order_by_score(), Count);
        let (hits, count) = self.searcher.search(&self.parse(text)?, &collector)?;
        black_box(hits);
        Ok(count)
    }

    fn count(&self, text: &str) -> Result<usize> {
        Ok(self.searcher.search(&self.parse(text)?, &Count)?)
    }

    fn fetch(&self, hits: &[(f32, DocAddress)]) -> Result<usize> {
        for (_, address) in hits {
            let document: TantivyDocument = self.searcher.doc(*address)?;
            let text = document.get_first(self.body).and_then(|value| value.as_str());
            black_box(text.ok_or("a hit has no text")?.len());
        }
        Ok(hits.len())
    }

    /// Runs one query; gives its total (or how many hits came) and the nanoseconds.
    fn run(&self, command: &str, text: &str) -> Result<(usize, u64)> {
        let hits = if command == "FETCH_10" { self.top(text, 10)? } else { vec![] };
        let start = Instant::now();
        let total = match command {
            "TOP_10" => black_box(self.top(text, 10)?).len(),
            "TOP_100" => black_box(self.top(text, 100)?).len(),
            "TOP_1000" => black_box(self.top(text, 1000)?).len(),
            "TOP_10_COUNT" => self.top_and_count(text)?,
            "COUNT" => self.count(text)?,
            "FETCH_10" => self.fetch(&hits)?,
            _ => return Err(format!("unknown command {command}").into()),
        };
        Ok((total, start.elapsed().as_nanos() as u64))
    }
}

fn first(folder: &str, text: &str) -> Result<Value> {
    let start = Instant::now();
    let engine = Engine::open(folder)?;
    let opened = start.elapsed();
    engine.top(text, 10)?;
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    Ok(json!({
        "open_ms": milliseconds(opened), "first_ms": milliseconds(start.elapsed() - opened),
    }))
}

fn serve(folder: &str) -> Result<Value> {
    let engine = Engine::open(folder)?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let command = request["command"].as_str().ok_or("no command")?;
        for query in request["queries"].as_array().ok_or("no queries")? {
            let (total, ns) = engine.run(command, query["text"].as_str().ok_or("no text")?)?;
            let row = json!({
                "class": query["class"], "command": command, "query": query["query"],
                "total": total, "ns": ns,
            });
            writeln!(out, "{row}")?;
        }
        writeln!(out, "{}", json!({"done": true}))?;
        out.flush()?;
    }
    Ok(json!({"segments": engine.searcher.segment_readers().len()}))
}
