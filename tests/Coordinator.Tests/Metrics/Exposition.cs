using System.Globalization;
using System.Text;

namespace K8sBackup.Coordinator.Tests.Metrics;

/// <summary>
/// Reads the text format of Prometheus as strictly as its own parser: every metric has help, then a type, then its values in one piece; names
/// and labels are of the allowed characters, nothing is there twice.
/// </summary>
internal sealed class Exposition
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Type, string Help)> _metrics = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, double> Values => _values;

    public IReadOnlyDictionary<string, (string Type, string Help)> Metrics => _metrics;

    /// <summary>The value of a series, written with its labels as they come.</summary>
    public double this[string series] => _values.TryGetValue(series, out double value)
        ? value
        : throw new InvalidDataException($"There is no {series} among:\n{string.Join('\n', _values.Keys)}");

    public static Exposition Parse(string text)
    {
        Exposition page = new();
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line has no end");
        string help = "";
        string current = "";
        foreach (string line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                help = line[7..];
                current = "";
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line[7..].Split(' ');
                Assert.True(words.Length == 2 && words[1] is "counter" or "gauge", line);
                Assert.True(help.StartsWith(words[0] + " ", StringComparison.Ordinal), $"no help before: {line}");
                Assert.Equal(words[1] == "counter", words[0].EndsWith("_total", StringComparison.Ordinal));
                current = words[0];
                page._metrics.Add(current, (words[1], Unescaped(help[(current.Length + 1)..], quote: false)));
            }
            else
            {
                page.AddSample(line, current);
            }
        }

        Assert.All(page._metrics.Keys, name => Assert.Contains(page._values.Keys, series => NameOf(series) == name));
        return page;
    }

    private static string NameOf(string series) => series.Split('{')[0];

    private void AddSample(string line, string current)
    {
        int at = 0;
        while (at < line.Length && (char.IsAsciiLetter(line[at]) || line[at] is '_' or ':' || (at > 0 && char.IsAsciiDigit(line[at]))))
        {
            at++;
        }

        Assert.True(at > 0 && line[..at] == current, $"of no metric: {line}");
        StringBuilder series = new(line[..at]);
        if (line[at] == '{')
        {
            at = AddLabels(line, at + 1, series);
        }

        Assert.True(line[at] == ' ', line);
        string number = line[(at + 1)..];
        double value = number switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        Assert.True(_values.TryAdd(series.ToString(), value), $"twice: {series}");
    }

    // From behind the brace to behind the other one. In the series the values are as they were meant.
    private static int AddLabels(string line, int at, StringBuilder series)
    {
        HashSet<string> names = [];
        char separator = '{';
        while (true)
        {
            int equals = line.IndexOf("=\"", at, StringComparison.Ordinal);
            Assert.True(equals > at, line);
            string name = line[at..equals];
            Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", name);
            Assert.True(names.Add(name), $"label twice: {line}");
            int end = equals + 2;
            while (line[end] != '"')
            {
                end += line[end] == '\\' ? 2 : 1;
            }

            series.Append(separator).Append(name).Append("=\"").Append(Unescaped(line[(equals + 2)..end], quote: true)).Append('"');
            separator = ',';
            at = end + 2;
            if (line[end + 1] == '}')
            {
                series.Append('}');
                return at;
            }

            Assert.True(line[end + 1] == ',', line);
        }
    }

    private static string Unescaped(string text, bool quote)
    {
        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            char next = text[++i];
            Assert.True(next is '\\' or 'n' || (quote && next == '"'), $"escape of nothing: {text}");
            plain.Append(next == 'n' ? '\n' : next);
        }

        return plain.ToString();
    }
}
