namespace K8sBackup.Chunking.Compression;

/// <summary>Compressed bytes are damaged, or do not hold exactly what they were said to hold.</summary>
public sealed class DecompressionException : Exception
{
    public DecompressionException(string message)
        : base(message)
    {
    }
}
