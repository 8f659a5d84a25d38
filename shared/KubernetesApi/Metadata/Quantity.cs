using System.Globalization;
using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>An amount as the API writes it: <c>10Gi</c>, <c>500m</c>, <c>1e3</c>. Keeps its text, compares by value.</summary>
[JsonConverter(typeof(QuantityConverter))]
public readonly record struct Quantity : IComparable<Quantity>
{
    private static readonly (string Suffix, decimal Factor)[] _suffixes =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
        ("n", 0.000000001m), ("u", 0.000001m), ("m", 0.001m),
        ("k", 1_000m), ("M", 1_000_000m), ("G", 1_000_000_000m), ("T", 1_000_000_000_000m),
        ("P", 1_000_000_000_000_000m), ("E", 1_000_000_000_000_000_000m),
    ];

    private readonly string? _text;

    private Quantity(string text, decimal value)
    {
        _text = text;
        Value = value;
    }

    public decimal Value { get; }

    /// <summary>Rounded up, as the API does; <see cref="long.MaxValue"/> when there are more.</summary>
    public long Bytes => Value >= long.MaxValue ? long.MaxValue : Value <= long.MinValue ? long.MinValue : (long)decimal.Ceiling(Value);

    public static bool operator <(Quantity left, Quantity right) => left.CompareTo(right) < 0;

    public static bool operator <=(Quantity left, Quantity right) => left.CompareTo(right) <= 0;

    public static bool operator >(Quantity left, Quantity right) => left.CompareTo(right) > 0;

    public static bool operator >=(Quantity left, Quantity right) => left.CompareTo(right) >= 0;

    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        string number = text;
        decimal factor = 1;
        foreach ((string suffix, decimal times) in _suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                number = text[..^suffix.Length];
                factor = times;
                break;
            }
        }

        // "1E" is an exa and "1E3" a thousand: an exponent always has digits behind it, and goes with no suffix.
        NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        style |= number.Length == text.Length ? NumberStyles.AllowExponent : 0;
        if (!decimal.TryParse(number, style, CultureInfo.InvariantCulture, out decimal value))
        {
            return false;
        }

        try
        {
            quantity = new Quantity(text, value * factor);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <exception cref="FormatException">The text is no amount.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out Quantity quantity) ? quantity : throw new FormatException($"'{text}' is no quantity: a number with k, M, G, Ki, Mi, Gi … is expected.");

    public bool Equals(Quantity other) => Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode();

    public int CompareTo(Quantity other) => Value.CompareTo(other.Value);

    public override string ToString() => _text ?? "0";
}
