using System.Buffers;
using System.Text;

namespace Grpc.Core;

/// <content>The entries.</content>
public sealed partial class Metadata
{
    private static readonly SearchValues<char> _keyCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>One named text or one named run of bytes. Immutable.</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <summary>Bytes; the name must end in <c>-bin</c>.</summary>
        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!IsBinary)
            {
                throw new ArgumentException($"The key of a binary value must end in \"{BinaryHeaderSuffix}\": {key}.", nameof(key));
            }

            _valueBytes = (byte[])valueBytes.Clone();
        }

        /// <summary>A text; the name must not end in <c>-bin</c>.</summary>
        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsBinary)
            {
                throw new ArgumentException($"The key of a text must not end in \"{BinaryHeaderSuffix}\": {key}.", nameof(key));
            }

            _value = value;
        }

        /// <summary>The name, lower-case.</summary>
        public string Key { get; }

        /// <summary>The bytes, or the text in ASCII.</summary>
        public byte[] ValueBytes => _valueBytes is null ? Encoding.ASCII.GetBytes(_value!) : (byte[])_valueBytes.Clone();

        /// <summary>The text. Throws InvalidOperationException for bytes.</summary>
        public string Value => _value ?? throw new InvalidOperationException($"The value of {Key} is binary.");

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <inheritdoc/>
        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={_valueBytes!.Length} bytes]"
            : $"[Entry: key={Key}, value={_value}]";

        private static string NormalizeKey(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
#pragma warning disable CA1308 // HTTP/2 field names are lower-case by definition.
            var lower = key.ToLowerInvariant();
#pragma warning restore CA1308
            return lower.AsSpan().ContainsAnyExcept(_keyCharacters)
                ? throw new ArgumentException($"A metadata key has letters, digits, '.', '_' and '-' only: {key}.", nameof(key))
                : lower;
        }
    }
}
