using System.Text.Json;
using System.Text.Json.Nodes;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Output;

/// <summary>Prints results to standard output in the format asked for.</summary>
internal sealed class Renderer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, MaxDepth = 1000 };

    private readonly CliContext _context;
    private readonly TableWriter _tables;

    public Renderer(CliContext context, OutputFormat format)
    {
        _context = context;
        _tables = new TableWriter(context);
        Format = format;
    }

    public OutputFormat Format { get; }

    public bool IsDocument => Format != OutputFormat.Table;

    public void One<T>(View<T> view, T item)
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _context.Out.WriteLine(view.ToDocument(item).ToJsonString(Indented));
                break;
            case OutputFormat.Yaml:
                _context.Out.Write(YamlText.Of(view.ToDocument(item)));
                break;
            default:
                _tables.Details(view, item);
                break;
        }
    }

    public void List<T>(View<T> view, IReadOnlyList<T> items, string whenEmpty)
    {
        JsonArray Documents() => [.. items.Select(i => (JsonNode?)view.ToDocument(i))];
        switch (Format)
        {
            case OutputFormat.Json:
                _context.Out.WriteLine(Documents().ToJsonString(Indented));
                break;
            case OutputFormat.Yaml:
                _context.Out.Write(YamlText.Of(Documents()));
                break;
            default:
                if (items.Count == 0)
                {
                    _context.Error.WriteLine(whenEmpty);
                }
                else
                {
                    _tables.List(view, items);
                }

                break;
        }
    }

    /// <summary>A list too long to hold: documents are written item by item. For tables the caller writes its own lines.</summary>
    public async Task StreamAsync<T>(View<T> view, IAsyncEnumerable<T> items, Action<T> line, CancellationToken cancellationToken)
    {
        string separator = "[\n";
        await foreach (T item in items.WithCancellation(cancellationToken))
        {
            switch (Format)
            {
                case OutputFormat.Json:
                    _context.Out.Write(separator + view.ToDocument(item).ToJsonString());
                    separator = ",\n";
                    break;
                case OutputFormat.Yaml:
                    _context.Out.Write(YamlText.Of(new JsonArray(view.ToDocument(item))));
                    separator = "";
                    break;
                default:
                    line(item);
                    break;
            }
        }

        if (Format == OutputFormat.Json)
        {
            _context.Out.WriteLine(separator == "[\n" ? "[]" : "\n]");
        }
        else if (Format == OutputFormat.Yaml && separator.Length > 0)
        {
            _context.Out.WriteLine("[]");
        }
    }

    /// <summary>One of a series over time: a line of json, or a yaml document.</summary>
    public void Event<T>(View<T> view, T item)
    {
        if (Format == OutputFormat.Json)
        {
            _context.Out.WriteLine(view.ToDocument(item).ToJsonString());
        }
        else
        {
            _context.Out.Write("---\n" + YamlText.Of(view.ToDocument(item)));
        }

        _context.Out.Flush();
    }
}
