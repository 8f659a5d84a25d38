using System.Buffers.Binary;

namespace K8sBackup.Transport.Tests.Channels;

/// <summary>What a side of an HTTP/2 connection says about its windows before anything else (RFC 9113, 6.5 and 6.9).</summary>
internal sealed record Http2Greeting(long StreamWindow, long ConnectionWindow)
{
    /// <summary>Without a word about them, both windows are this large.</summary>
    public const int DefaultWindow = 65_535;

    private const int HeaderBytes = 9;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;
    private const byte Acknowledgement = 1;
    private const ushort InitialWindowSize = 4;

    /// <summary>Empty SETTINGS: all values as the standard has them.</summary>
    public static readonly byte[] EmptySettings = [0, 0, 0, Settings, 0, 0, 0, 0, 0];

    /// <summary>Reads frames until both windows were named or something other than a greeting comes.</summary>
    public static async Task<Http2Greeting> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        Http2Greeting greeting = new(DefaultWindow, DefaultWindow);
        byte[] header = new byte[HeaderBytes];
        while (greeting.StreamWindow == DefaultWindow || greeting.ConnectionWindow == DefaultWindow)
        {
            await stream.ReadExactlyAsync(header, cancellationToken);
            byte[] payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await stream.ReadExactlyAsync(payload, cancellationToken);
            uint streamId = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(5));
            switch (header[3])
            {
                case Settings when (header[4] & Acknowledgement) == 0:
                    greeting = greeting with { StreamWindow = Setting(payload, InitialWindowSize) ?? DefaultWindow };
                    break;
                case WindowUpdate when streamId == 0:
                    greeting = greeting with { ConnectionWindow = DefaultWindow + BinaryPrimitives.ReadUInt32BigEndian(payload) };
                    break;
                case Settings:
                    break;
                default:
                    return greeting;
            }
        }

        return greeting;
    }

    private static long? Setting(byte[] payload, ushort wanted)
    {
        const int pairBytes = 6;
        for (int at = 0; at + pairBytes <= payload.Length; at += pairBytes)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(at)) == wanted)
            {
                return BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(at + 2));
            }
        }

        return null;
    }
}
