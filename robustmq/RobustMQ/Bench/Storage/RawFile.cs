using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace RobustMQ.Bench.Storage;

/// <summary>The same bytes in the same pieces straight to a file: what there is to reach.</summary>
internal sealed class RawFile(string directory)
{
    private string FilePath => Path.Combine(directory, "raw");

    /// <summary>Bytes a second until the operating system has all.</summary>
    public double WriteRate(byte[] piece, int count)
    {
        DiskFlush.Run();
        Directory.CreateDirectory(directory);
        using var file = File.OpenHandle(FilePath, FileMode.Create, FileAccess.ReadWrite);
        var watch = Stopwatch.StartNew();
        Write(file, piece, count);
        watch.Stop();
        return (double)piece.Length * count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Bytes a second until the device has all: written as before, and synced once at the end.</summary>
    public double SyncedWriteRate(byte[] piece, int count)
    {
        DiskFlush.Run();
        Directory.CreateDirectory(directory);
        using var file = File.OpenHandle(FilePath, FileMode.Create, FileAccess.ReadWrite);
        var watch = Stopwatch.StartNew();
        Write(file, piece, count);
        RandomAccess.FlushToDisk(file);
        watch.Stop();
        return (double)piece.Length * count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Bytes a second of reading from the page cache what <see cref="WriteRate"/> wrote.</summary>
    public double ReadRate(int readBytes = 1 << 20) => ReadRate([FilePath], readBytes);

    /// <summary>Bytes a second of reading files from the page cache one after the other, so many at once into one and the same buffer.</summary>
    public static double ReadRate(IReadOnlyList<string> paths, int readBytes)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(readBytes);
        ReadAll(paths, buffer);
        var watch = Stopwatch.StartNew();
        var bytes = ReadAll(paths, buffer);
        return bytes / watch.Elapsed.TotalSeconds;
    }

    public void Delete() => File.Delete(FilePath);

    private static void Write(SafeFileHandle file, byte[] piece, int count)
    {
        for (var i = 0; i < count; i++)
            RandomAccess.Write(file, piece, (long)i * piece.Length);
    }

    private static long ReadAll(IReadOnlyList<string> paths, byte[] buffer)
    {
        var bytes = 0L;
        foreach (var path in paths)
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var position = 0L;
            while (RandomAccess.Read(file, buffer, position) is > 0 and var read)
                position += read;
            bytes += position;
        }
        return bytes;
    }
}
