using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Definitions;

/// <summary>
/// The part of CEL our rules are written in, with the meaning the language gives it: a field that is not there is an error unless has asks for it.
/// What is not known here is refused, so that no rule passes unread.
/// </summary>
internal sealed partial class CelRule
{
    private readonly string[] _tokens;
    private readonly Term _whole;
    private int _at;

    // What the last ".field" that was read is of, for has.
    private (Term Of, string Name)? _field;

    public CelRule(string text)
    {
        _tokens = [.. Token().Matches(text).Select(match => match.Value)];
        Assert.Equal(text.Replace(" ", "", StringComparison.Ordinal), string.Concat(_tokens));
        _whole = Or();
        Assert.Equal(_tokens.Length, _at);
    }

    private delegate object Term(IReadOnlyDictionary<string, object> scope);

    public bool IsTrue(IReadOnlyDictionary<string, object> scope) => (bool)_whole(scope);

    private Term Or()
    {
        Term left = And();
        while (Take("||"))
        {
            (Term a, Term b) = (left, And());
            left = scope => (bool)a(scope) || (bool)b(scope);
        }

        return left;
    }

    private Term And()
    {
        Term left = Relation();
        while (Take("&&"))
        {
            (Term a, Term b) = (left, Relation());
            left = scope => (bool)a(scope) && (bool)b(scope);
        }

        return left;
    }

    private Term Relation()
    {
        Term a = Unary();
        if (_at >= _tokens.Length || _tokens[_at] is not ("==" or "!=" or "<=" or ">"))
        {
            return a;
        }

        string relation = _tokens[_at++];
        Term b = Unary();
        return scope => relation switch
        {
            "==" => Equals(a(scope), b(scope)),
            "!=" => !Equals(a(scope), b(scope)),
            "<=" => (long)a(scope) <= (long)b(scope),
            _ => (long)a(scope) > (long)b(scope),
        };
    }

    private Term Unary()
    {
        if (!Take("!"))
        {
            return Member();
        }

        Term inner = Unary();
        return scope => !(bool)inner(scope);
    }

    private Term Member()
    {
        Term left = Primary();
        while (Take("."))
        {
            string name = _tokens[_at++];
            Term of = left;
            left = Take("(") ? Call(of, name) : scope => Value(((YamlMappingNode)of(scope)).Children[new YamlScalarNode(name)]);
            _field = (of, name);
        }

        return left;
    }

    private Term Call(Term of, string name)
    {
        if (name == "filter")
        {
            string item = _tokens[_at++];
            Expect(",");
            Term predicate = Or();
            Expect(")");
            return scope => ((List<object>)of(scope)).FindAll(each => (bool)predicate(new Dictionary<string, object>(scope) { [item] = each }));
        }

        Term? argument = Take(")") ? null : Or();
        if (argument is not null)
        {
            Expect(")");
        }

        return (name, argument) switch
        {
            ("size", null) => scope => Size(of(scope)),
            ("startsWith", not null) => scope => ((string)of(scope)).StartsWith((string)argument(scope), StringComparison.Ordinal),
            ("endsWith", not null) => scope => ((string)of(scope)).EndsWith((string)argument(scope), StringComparison.Ordinal),
            ("contains", not null) => scope => ((string)of(scope)).Contains((string)argument(scope), StringComparison.Ordinal),
            _ => throw new NotSupportedException($"{name} is not known here."),
        };
    }

    private Term Primary()
    {
        string token = _tokens[_at++];
        switch (token)
        {
            case "(":
                Term inner = Or();
                Expect(")");
                return inner;
            case "[":
                List<Term> items = [];
                while (!Take("]"))
                {
                    items.Add(Or());
                    Take(",");
                }

                return scope => items.ConvertAll(item => item(scope));
            case "has":
                Expect("(");
                _ = Member();
                (Term of, string name) = _field!.Value;
                Expect(")");
                return scope => ((YamlMappingNode)of(scope)).Children.ContainsKey(new YamlScalarNode(name));
            case "size":
                Expect("(");
                Term sized = Or();
                Expect(")");
                return scope => Size(sized(scope));
            default:
                return token[0] == '\'' ? _ => token[1..^1]
                    : long.TryParse(token, CultureInfo.InvariantCulture, out long number) ? _ => number
                    : scope => scope[token];
        }
    }

    private bool Take(string token)
    {
        bool isIt = _at < _tokens.Length && _tokens[_at] == token;
        _at += isIt ? 1 : 0;
        return isIt;
    }

    private void Expect(string token) => Assert.True(Take(token), $"{token} is expected after {string.Concat(_tokens[.._at])}");

    private static object Size(object value) => value switch
    {
        string text => text.Length,
        List<object> list => list.Count,
        _ => throw new NotSupportedException($"size of {value.GetType().Name} is not known here."),
    } is int size ? (long)size : 0L;

    /// <summary>A field as CEL has it.</summary>
    public static object Value(YamlNode node) => node switch
    {
        YamlScalarNode { Style: ScalarStyle.Plain } number when long.TryParse(number.Value, CultureInfo.InvariantCulture, out long value) => value,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => flag.Value == "true",
        YamlScalarNode text => text.Value!,
        _ => node,
    };

    [GeneratedRegex(@"'[^'\\]*'|\w+|\|\||&&|==|!=|<=|[>!.,()\[\]]")]
    private static partial Regex Token();
}
