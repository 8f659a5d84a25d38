using K8sBackup.Cli.Terminal;
using Spectre.Console;

namespace K8sBackup.Cli.Output;

/// <summary>Prints objects for people. Everything printed is escaped here, whatever the view gave.</summary>
internal sealed class TableWriter
{
    // Rows are never wrapped: a terminal does that better than a table, and scripts want one line for each object.
    private const int UnwrappedColumns = 2000;

    private readonly CliContext _context;
    private readonly IAnsiConsole _console;

    public TableWriter(CliContext context)
    {
        _context = context;
        _console = Consoles.Create(context, context.Out, context.OutIsTerminal, UnwrappedColumns);
    }

    /// <summary>One line for each object.</summary>
    public void List<T>(View<T> view, IReadOnlyList<T> items)
    {
        Field<T>[] fields = [.. view.Fields.Where(f => f.Place == FieldPlace.Everywhere && f.Section is null)];
        Table table = new() { Border = TableBorder.None };
        foreach (Field<T> field in fields)
        {
            table.AddColumn(new TableColumn(new Text(field.Heading.ToUpperInvariant())) { Padding = new Padding(0, 0, 2, 0), NoWrap = true });
        }

        foreach (T item in items)
        {
            table.AddRow(fields.Select(f => new Text(CellOf(f, item).Replace("\n", ", ", StringComparison.Ordinal))));
        }

        _console.Write(table);
    }

    /// <summary>One line for each field, then the lists.</summary>
    public void Details<T>(View<T> view, T item, string indent = "")
    {
        Field<T>[] fields = [.. view.Fields.Where(f => f.Place != FieldPlace.Documents)];
        int width = fields.Where(f => f.Section is null).Select(f => f.Heading.Length).DefaultIfEmpty(0).Max();
        foreach (Field<T> field in fields.Where(f => f.Section is null && f.Cell(item).Length > 0))
        {
            string[] lines = CellOf(field, item).Split('\n');
            _context.Out.WriteLine($"{indent}{(field.Heading + ":").PadRight(width + 1)}  {lines[0]}".TrimEnd());
            foreach (string line in lines.Skip(1))
            {
                _context.Out.WriteLine(new string(' ', indent.Length + width + 3) + line);
            }
        }

        foreach (Field<T> field in fields)
        {
            field.Section?.Invoke(this, field.Heading, item);
        }
    }

    public void Section<T>(string heading, View<T> view, IReadOnlyList<T> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        _context.Out.WriteLine();
        _context.Out.WriteLine(heading + ":");
        List(view, items);
        foreach (T item in items)
        {
            foreach (Field<T> field in view.Fields.Where(f => f.ShowsBelowLists))
            {
                field.Section?.Invoke(this, $"{field.Heading} of {CellOf(view.Fields[0], item)}", item);
            }
        }
    }

    public void Section<T>(string heading, View<T> view, T item)
    {
        _context.Out.WriteLine();
        _context.Out.WriteLine(heading + ":");
        Details(view, item, "  ");
    }

    private static string CellOf<T>(Field<T> field, T item) => Printable.Lines(field.Cell(item));
}
