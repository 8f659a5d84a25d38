using System.Buffers;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>Reads a stream that somebody else fills, up to a limit.</summary>
internal static class BoundedReading
{
    private const int StepBytes = 16 * 1024;

    /// <exception cref="InvalidDataException">There is more than that.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, int bytesMax, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> all = new();
        while (true)
        {
            int read = await stream.ReadAsync(all.GetMemory(StepBytes), cancellationToken);
            if (read == 0)
            {
                return all.WrittenSpan.ToArray();
            }

            all.Advance(read);
            if (all.WrittenCount > bytesMax)
            {
                throw new InvalidDataException($"gave more than {bytesMax} bytes.");
            }
        }
    }
}
