using System.Globalization;
using System.Text;

namespace K8sBackup.Bench.Micro;

/// <summary>Bytes to work on; the same every time.</summary>
internal static class SampleBytes
{
    public const int Count = 1 << 20;

    private const int Seed = 11;

    /// <summary>What cannot be compressed.</summary>
    public static byte[] Random(int count = Count)
    {
        byte[] bytes = new byte[count];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Lines like those of logs and Kubernetes objects.</summary>
    public static byte[] Text(int count = Count)
    {
        Random random = new(Seed);
        StringBuilder text = new(count + 256);
        while (text.Length < count)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\"kind\":\"Pod\",\"name\":\"app-{random.Next(1000)}\",\"node\":\"worker-{random.Next(20)}\",\"uid\":\"{random.NextInt64():x16}\"}}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, count));
    }
}
